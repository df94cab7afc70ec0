import { describe, expect, it } from "vitest";
import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { ModelUsage } from "../../shared/kernel/usage.ts";
import { createMemoryApp, type MemoryApp, type MemoryAppOptions, startOfTime } from "../mcp/memory-app.ts";
import { scheduled } from "../mcp/sample-calls.ts";
import { sampleId, sampleRun } from "../support/sample-records.ts";

/** A run that ended so many minutes before the start of time. */
async function ended(app: MemoryApp, scheduleId: string, minutesAgo: number, usage: ModelUsage[]) {
  const slot = startOfTime - minutesAgo * minuteMs;
  const end = { state: "ended", outcome: "succeeded", endedAt: slot, usage } as const;
  await app.ports.runs.recordEnd(sampleRun({ scheduleId, slot, key: `p${slot / secondMs}`, ...end }));
}

describe("a dry run", () => {
  const hourly = { name: "A", prompt: "B", every_minutes: 60, dry_run: true };
  const server = { server: "desk", state: "unreachable", tools: 0, warnings: ["No answer."] } as const;
  const tools = [
    { name: "look_up", description: "Looks.", inputSchema: {}, readOnly: true, server: "knowledge" },
    { name: "send", description: "Sends.", inputSchema: {}, readOnly: false, server: "mail" },
  ];
  const appWith = (options: MemoryAppOptions = {}) =>
    createMemoryApp({
      ...options,
      bendToolbox: (toolbox) => ({ ...toolbox, list: async () => tools, sources: async () => [server] }),
    });
  const usage = [{ model: "mini", promptTokens: 900, completionTokens: 100 }];

  it("shows the tools a run would have, those that ask, and the servers that do not answer", async () => {
    const { structured, text } = await appWith().call("schedule_conversation", {
      ...hourly,
      allowed_tools: ["look_up", "mail:*"],
    });
    expect(structured?.preflight).toEqual({
      tools: [
        { name: "look_up", needs_approval: false },
        { name: "send", needs_approval: true },
      ],
      servers: [{ name: "desk", state: "unreachable", tools: 0, warnings: ["No answer."] }],
    });
    expect(text).toContain(
      "Calls of send wait for approval. The server desk cannot be reached, so its tools are missing. Runs go on without them until it can; the operator finds the reason in the logs.",
    );
    const plain = await appWith().call("schedule_conversation", hourly);
    expect(plain.structured).toMatchObject({ preflight: { tools: [{ name: "look_up" }] } });
    const named = await appWith().call("schedule_conversation", { ...hourly, allowed_tools: ["send"] });
    expect(named.structured).toMatchObject({ preflight: { tools: [{ name: "send", needs_approval: false }] } });
  });

  it("forecasts the tokens of a new schedule from the owner's recent runs, and says on how many it rests", async () => {
    const prices = { currency: "EUR", models: new Map([["mini", { input: 1, output: 10 }]]) };
    const app = appWith({ settings: { prices } });
    for (const minutes of [1, 2, 3]) await ended(app, sampleId(minutes, "local"), minutes, usage);
    await ended(app, sampleId(1, "b2"), 1, [{ ...usage[0]!, promptTokens: 1 }]);
    const { structured, text } = await app.call("schedule_conversation", hourly);
    expect(structured?.preflight).toMatchObject({
      forecast: {
        tokens_per_run: 1000,
        runs_per_month: 720,
        tokens_per_month: 720_000,
        cost_per_month: { amount: 1.368, currency: "EUR" },
        based_on_runs: 3,
      },
    });
    expect(text).toContain(
      "About 1,000 tokens a run and 720,000 in 30 days (720 runs), about 1.37 EUR, going by 3 earlier runs.",
    );
    const bounded = await app.call("schedule_conversation", { ...hourly, policies: { max_runs: 10 } });
    expect(bounded.structured).toMatchObject({ preflight: { forecast: { runs_per_month: 10 } } });
  });

  it("says that nothing is planned in the next 30 days", async () => {
    const app = appWith();
    await ended(app, sampleId(1, "local"), 1, usage);
    const { text } = await app.call("schedule_conversation", {
      ...hourly,
      every_minutes: undefined,
      run_at: "2027-12-01T08:00Z",
    });
    expect(text).toContain("About 1,000 tokens a run; none is planned in the next 30 days, going by 1 earlier run.");
  });

  it("of a change shows what it would be, going by the schedule's own runs, and writes nothing", async () => {
    const app = appWith();
    const id = await scheduled(app);
    await ended(app, id, 5, usage);
    await ended(app, sampleId(7, "local"), 5, [{ ...usage[0]!, promptTokens: 1 }]);
    const before = await app.ports.schedules.read(id);
    app.takeStorageCalls();
    const { structured, text } = await app.call("update_schedule", { id, cron: "30 9 * * *", dry_run: true });
    expect(structured).toMatchObject({
      result: "dry_run",
      next_slots: [{ utc: "2026-11-21T08:30:00.000Z" }, {}, {}, {}, {}],
      preflight: { forecast: { tokens_per_run: 1000, runs_per_month: 30, based_on_runs: 1 } },
    });
    expect(text).toMatch(/^Dry run of a change of "Morning report": nothing was changed/);
    expect(app.takeStorageCalls().filter((call) => !/^(read|listPage) /.test(call))).toEqual([]);
    expect(await app.ports.schedules.read(id)).toEqual(before);
  });

  it("of a change writes nothing even where a slot is overdue", async () => {
    const app = appWith();
    const id = await scheduled(app);
    app.passTime(48 * hourMs);
    app.takeStorageCalls();
    const { structured } = await app.call("update_schedule", { id, name: "Other", dry_run: true });
    expect(structured).toMatchObject({ result: "dry_run", changes: ['name is now "Other", it was "Morning report".'] });
    expect(app.takeStorageCalls().filter((call) => !/^(read|listPage) /.test(call))).toEqual([]);
  });

  it("says nothing about tokens where no earlier run tells anything", async () => {
    const app = appWith();
    await ended(app, sampleId(1, "local"), 5, []);
    const { structured, text } = await app.call("schedule_conversation", hourly);
    expect(structured?.preflight).not.toHaveProperty("forecast");
    expect(text).not.toContain("tokens a run");
  });
});
