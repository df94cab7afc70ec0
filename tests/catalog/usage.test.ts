import { describe, expect, it } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import type { Run } from "../../shared/runs/run.ts";
import { createMemoryApp, type MemoryApp, startOfTime } from "../mcp/memory-app.ts";
import { itemsOf, oneRun, scheduled } from "../mcp/sample-calls.ts";
import { sampleId, sampleRun } from "../support/sample-records.ts";

const prices = { currency: "EUR", models: new Map([["mini", { input: 1, output: 10 }]]) };
const mini = { model: "mini", promptTokens: 1000, completionTokens: 100 };
const large = { model: "large", promptTokens: 50, completionTokens: 5 };

/** Enters the end of a run into the history; nothing else of it is asked about. */
const end = (app: MemoryApp, schedule: number | string, endedAt: string, usage = [mini], more: Partial<Run> = {}) =>
  app.ports.runs.recordEnd(
    sampleRun({
      scheduleId: typeof schedule === "number" ? sampleId(schedule, "local") : schedule,
      owner: "local",
      key: `p${Date.parse(endedAt) / 1000}`,
      state: "ended",
      outcome: "succeeded",
      endedAt: Date.parse(endedAt),
      usage,
      ...more,
    }),
  );

describe("get_usage", () => {
  it("sums up the month's runs, by model and by schedule, those that failed too", async () => {
    const app = createMemoryApp({ settings: { prices } });
    const id = await scheduled(app);
    await end(app, id, "2026-11-02T10:00:00Z");
    await end(app, id, "2026-11-12T10:00:00Z", [mini, large], { outcome: "failed" });
    await end(app, 7, "2026-11-19T10:00:00Z", [large]);
    await end(app, id, "2026-10-31T23:59:59Z");
    await end(app, id, "2026-12-01T00:00:00Z");
    await end(app, sampleId(1, "b2"), "2026-11-12T10:00:00Z", [mini], { owner: "b2" });

    const { structured, text } = await app.call("get_usage");
    const cost = { amount: 0.004, currency: "EUR", models_without_price: ["large"] };
    expect(structured).toMatchObject({
      month: "2026-11",
      time_zone: "UTC",
      total: { runs: 3, prompt_tokens: 2100, completion_tokens: 210, cost },
      by_model: expect.arrayContaining([
        { model: "mini", prompt_tokens: 2000, completion_tokens: 200 },
        { model: "large", prompt_tokens: 100, completion_tokens: 10 },
      ]),
      by_schedule: [
        { kind: "schedule", schedule_id: id, name: "Morning report", runs: 2, prompt_tokens: 2050 },
        { kind: "schedule", schedule_id: sampleId(7, "local"), runs: 1, prompt_tokens: 50 },
      ],
      unlisted_schedules: 0,
      is_complete: true,
    });
    expect(itemsOf<object>({ structured, text, error: undefined }, "by_schedule")[1]).not.toHaveProperty("name");
    expect(text).toMatch(/^2026-11 \(UTC\): 3 runs, 2310 tokens, about 0.004 EUR\. Most: "Morning report" 2255/);
  });

  it("marks what was said by hand, with the conversation instead of a schedule that no tool knows", async () => {
    const app = createMemoryApp();
    const said = app.call("continue_conversation", { message: "Hello" });
    await app.workQueue();
    const conversation = (await said).structured?.conversation_id;
    const chats = await app.call("get_usage");
    expect(itemsOf(chats, "by_schedule")).toMatchObject([
      { kind: "chat", conversation_id: conversation, name: "Hello", runs: 1 },
    ]);
    expect(itemsOf(chats, "by_schedule")[0]).not.toHaveProperty("schedule_id");
    expect(chats.text).toContain('Most: chat "Hello" ');
    expect(chats.structured?.next_step).toContain("get_conversation");
    expect(chats.structured?.next_step).not.toContain("get_schedule");

    const { scheduleId } = await oneRun(app);
    const both = await app.call("get_usage");
    expect(itemsOf<{ schedule_id?: string }>(both, "by_schedule").map(({ schedule_id }) => schedule_id)).toEqual(
      expect.arrayContaining([scheduleId, undefined]),
    );
    expect(both.structured?.next_step).toContain("get_schedule");
  });

  it("shows no cost where no prices are known", async () => {
    const app = createMemoryApp();
    await end(app, 1, "2026-11-02T10:00:00Z");
    expect((await app.call("get_usage")).structured?.total).toEqual({
      runs: 1,
      prompt_tokens: 1000,
      completion_tokens: 100,
    });
  });

  it.each([
    ["UTC", ["2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z"]],
    ["Pacific/Kiritimati", ["2026-11-30T10:00:00Z", "2026-12-31T09:59:59Z"]],
    ["Pacific/Honolulu", ["2026-12-01T10:00:00Z", "2027-01-01T09:59:59Z"]],
    ["Asia/Kathmandu", ["2026-11-30T18:15:00Z", "2026-12-31T18:14:59Z"]],
  ])("counts a month by the calendar of %s", async (time_zone, [first = "", last = ""]) => {
    const app = createMemoryApp();
    const second = (iso: string, seconds: number) => new Date(Date.parse(iso) + seconds * 1000).toISOString();
    for (const at of [first, last, "2026-12-15T12:00:00Z"]) await end(app, 1, at);
    for (const at of [second(first, -1), second(last, 1)]) await end(app, 1, at, [large]);
    const { structured } = await app.call("get_usage", { month: "2026-12", time_zone });
    expect(structured).toMatchObject({ total: { runs: 3 }, by_model: [{ model: "mini", prompt_tokens: 3000 }] });
  });

  it("lists the twenty schedules that used most and counts the others in the total alone", async () => {
    const app = createMemoryApp();
    for (let number = 1; number <= 25; number++) {
      await end(app, number, "2026-11-02T10:00:00Z", [{ ...mini, promptTokens: number }]);
    }
    const answer = await app.call("get_usage", { month: "2026-11" });
    expect(itemsOf(answer, "by_schedule")).toHaveLength(20);
    expect(itemsOf(answer, "by_schedule")[0]).toMatchObject({ schedule_id: sampleId(25, "local") });
    expect(answer.structured).toMatchObject({ unlisted_schedules: 5, total: { runs: 25 } });
  });

  it("costs the lists of its days and a read for each schedule, however long the history is", async () => {
    const app = createMemoryApp();
    for (const month of ["01", "05", "09", "11"]) await end(app, 1, `2026-${month}-02T10:00:00Z`);
    app.takeStorageCalls();
    await app.call("get_usage", { month: "2026-05" });
    const calls = app.takeStorageCalls().map((call) => call.split(" ")[0]);
    expect(calls.filter((kind) => kind === "listPage").length).toBeLessThanOrEqual(5);
    expect(calls.filter((kind) => kind === "read")).toHaveLength(1);
  });

  it.each([["2026-13"], ["2026"], ["November"], ["26-11"]])("refuses the month %j", async (month) => {
    const { error } = await createMemoryApp().call("get_usage", { month });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { field: "month" } });
  });

  it("refuses a zone that does not exist and says which to use", async () => {
    const { error } = await createMemoryApp().call("get_usage", { time_zone: "CET" });
    expect(error).toMatchObject({ details: { field: "time_zone", suggestions: expect.anything() } });
  });
});

describe("the budget in get_schedule", () => {
  it("is what the month has cost and what is left of it", async () => {
    const app = createMemoryApp({ settings: { prices } });
    const policies = { max_tokens_per_month: 5000, max_tokens_per_run: 2000 };
    const id = await scheduled(app, { policies });
    const { value, version } = (await app.ports.schedules.read(id))!;
    const usage = { month: "2026-11", promptTokens: 1000, completionTokens: 100, runs: 4, models: [mini] };
    await app.ports.schedules.replace({ ...value, usage }, version);
    const { structured, text } = await app.call("get_schedule", { id });
    expect(structured?.budget).toEqual({
      max_tokens_per_run: 2000,
      month: "2026-11",
      used_tokens: 1100,
      runs: 4,
      max_tokens_per_month: 5000,
      tokens_left: 3900,
      cost: { amount: 0.002, currency: "EUR" },
    });
    expect(text).toContain("1100 tokens used in 2026-11, about 0.002 EUR, 3900 left.");
    app.passTime(24 * hourMs * 11);
    expect((await app.call("get_schedule", { id })).structured?.budget).toMatchObject({
      month: "2026-12",
      used_tokens: 0,
      tokens_left: 5000,
    });
  });

  it("says so when nothing is left, and has no limit unless one is set", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { policies: { max_tokens_per_month: 1000 } });
    const { value, version } = (await app.ports.schedules.read(id))!;
    const usage = { month: "2026-11", promptTokens: 1000, completionTokens: 100, runs: 4, models: [mini] };
    await app.ports.schedules.replace({ ...value, usage }, version);
    expect((await app.call("get_schedule", { id })).text).toContain(
      "0 left: no run calls a model before the next month",
    );
    const free = await app.call("get_schedule", { id: await scheduled(app) });
    expect(free.structured?.budget).toEqual({ max_tokens_per_run: 100_000, month: "2026-11", used_tokens: 0, runs: 0 });
  });

  it("counts a run that has really ended, as get_run shows it", async () => {
    const app = createMemoryApp();
    const { scheduleId, runId } = await oneRun(app);
    const { structured: shown } = await app.call("get_schedule", { id: scheduleId });
    const { structured: run } = await app.call("get_run", { id: runId });
    const { prompt_tokens, completion_tokens } = (run?.run ?? {}) as {
      prompt_tokens: number;
      completion_tokens: number;
    };
    expect(prompt_tokens).toBeGreaterThan(0);
    expect(shown?.budget).toMatchObject({ runs: 1, used_tokens: prompt_tokens + completion_tokens });
    expect(run?.usage).toEqual([{ model: "rehearsal", prompt_tokens, completion_tokens }]);
  });
});

describe("max_tokens_per_month", () => {
  it("is taken away by clear", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { policies: { max_tokens_per_month: 5000, max_tokens_per_run: 1000 } });
    const { structured } = await app.call("update_schedule", { id, clear: ["max_tokens_per_month"] });
    expect(structured?.changes).toEqual(["max_tokens_per_month is removed; it was 5000."]);
    expect(structured).toMatchObject({ schedule: { policies: { max_tokens_per_run: 1000 } } });
    expect(JSON.stringify(structured?.schedule)).not.toContain("max_tokens_per_month");
  });

  it.each([
    ["max_tokens_per_run", 999],
    ["max_tokens_per_run", 10_000_001],
    ["max_tokens_per_month", 999],
    ["max_tokens_per_month", 1_000_000_001],
  ])("%s is refused at %i", async (policy, value) => {
    const input = { name: "A", prompt: "B", every_minutes: 60, policies: { [policy]: value } };
    const { error } = await createMemoryApp().call("schedule_conversation", input);
    expect(error).toMatchObject({ details: { fields: [`policies.${policy}`] } });
  });
});

describe("the model of a schedule", () => {
  it.each([" ", "two words", "gpt\n5", "x".repeat(129)])("is not %j", async (model) => {
    const input = { name: "A", prompt: "B", every_minutes: 60, model };
    const { error } = await createMemoryApp().call("schedule_conversation", input);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", details: { fields: ["model"] } });
    expect(error?.message).toContain("gpt-5-mini");
  });

  it.each(["gpt-5-mini", "llama3.2:latest", "org/Model_1@2026", "ft:gpt-5:contoso::abc"])(
    "may be %s",
    async (model) => {
      const input = { name: "A", prompt: "B", every_minutes: 60, model };
      const { structured } = await createMemoryApp().call("schedule_conversation", input);
      expect(structured?.schedule).toMatchObject({ model });
    },
  );
});

describe("a run that had nothing to report", () => {
  it("says so in get_run and list_runs", async () => {
    const app = createMemoryApp();
    const scheduleId = await scheduled(app);
    const quiet = { state: "ended", outcome: "succeeded", endedAt: startOfTime, quiet: "All is well." } as const;
    const run = sampleRun({ scheduleId, owner: "local", ...quiet });
    await app.ports.runs.create(run);
    const one = await app.call("get_run", { id: `${scheduleId}.${run.key}` });
    expect(one.structured?.run).toMatchObject({ outcome: "succeeded", quiet: "All is well." });
    expect(one.text).toMatch(/^The run of .* had nothing to report: All is well\./);
    const list = await app.call("list_runs", { schedule_id: scheduleId });
    expect(list.text).toContain("succeeded (nothing to report)");
    expect(itemsOf(list, "runs")).toMatchObject([{ quiet: "All is well." }]);
  });
});
