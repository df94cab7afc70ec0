import { describe, expect, it } from "vitest";
import { hourMs, minuteMs, secondMs, toIso } from "../../shared/kernel/clock.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Approval } from "../../shared/runs/approval.ts";
import type { Run } from "../../shared/runs/run.ts";
import { createMemoryApp, type MemoryApp, startOfTime } from "../mcp/memory-app.ts";
import { itemsOf, scheduled } from "../mcp/sample-calls.ts";
import { sampleId, sampleRun } from "../support/sample-records.ts";

const ben = { owner: "b2", name: "Ben" };
const lastHour = toIso(startOfTime - hourMs);

/** A run that ended so many minutes before the start of time. */
async function ended(
  app: MemoryApp,
  scheduleId: string,
  minutesAgo: number,
  outcome: Outcome,
  more: Partial<Run> = {},
) {
  const slot = startOfTime - minutesAgo * minuteMs;
  const end = { state: "ended", outcome, endedAt: slot } as const;
  const owner = scheduleId.split("-")[0]!;
  const run = sampleRun({ scheduleId, owner, slot, key: `p${slot / secondMs}`, ...end, ...more });
  await app.ports.runs.create(run);
  await app.ports.runs.recordEnd(run);
}

interface Told {
  readonly run_id: string;
  readonly outcome: string;
}

describe("what_happened", () => {
  it("sorts what ended by what a person has to do about it, newest first", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const gone = sampleId(8, "local");
    await ended(app, id, 10, "succeeded", { answer: "x".repeat(600) });
    await ended(app, id, 20, "failed", { reason: "content_filter", detail: "Categories: hate." });
    await ended(app, gone, 30, "timed_out");
    await ended(app, id, 40, "missed", { missedThrough: startOfTime - 35 * minuteMs });
    await ended(app, id, 41, "skipped_overlap");
    await ended(app, id, 42, "auth_required");
    await ended(app, id, 43, "auth_required");
    await ended(app, gone, 44, "auth_required");
    await ended(app, id, 45, "budget_exceeded", { reason: "month_tokens" });
    await ended(app, id, 46, "no_output");
    await ended(app, id, 47, "cancelled");
    await ended(app, id, 48, "succeeded", { quiet: "All is well." });
    await ended(app, id, 49, "succeeded", { quiet: "Still." });
    await ended(app, id, 61, "failed");
    await ended(app, sampleId(1, "b2"), 5, "failed", { owner: "b2" });

    const { structured, text } = await app.call("what_happened", { since: lastHour });
    const outcomes = (told: unknown) => (told as Told[]).map(({ outcome }) => outcome);
    expect(outcomes(structured?.failed)).toEqual(["failed", "timed_out", "budget_exceeded", "no_output"]);
    expect(outcomes(structured?.missed)).toEqual(["missed", "skipped_overlap"]);
    expect(outcomes(structured?.finished)).toEqual(["succeeded"]);
    expect(structured).toMatchObject({
      since: lastHour,
      needs_decision: { approvals: [], auth_required: [{ schedule_id: id }, { schedule_id: gone }] },
      failed: [{ schedule_name: "Morning report", reason: "content_filter", detail: "Categories: hate." }, {}, {}, {}],
      missed: [{ missed_through: toIso(startOfTime - 35 * minuteMs) }, {}],
      finished: [{ answer: "x".repeat(500) }],
      quiet_runs: 2,
      cancelled_runs: 1,
      not_shown: 0,
      is_complete: true,
    });
    expect(itemsOf<object>({ structured, text, error: undefined }, "failed")[1]).not.toHaveProperty("schedule_name");
    expect(text).toContain(
      `Since ${lastHour}: 2 could not sign in to their model, 4 failed, 2 did not take place, 1 finished, 2 had nothing to report, 1 cancelled.`,
    );
  });

  it("leaves out what the person did themself, by talking, whatever came of it; also where it counts", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const talked: readonly Outcome[] = ["succeeded", "failed", "auth_required", "cancelled", "budget_exceeded"];
    for (const [minutes, outcome] of talked.entries()) {
      const key = `c${minutes}.${startOfTime / secondMs}`;
      await ended(app, id, minutes + 1, outcome, { kind: "chat", key, answer: "Hello." });
    }
    await ended(app, id, 10, "succeeded", { kind: "manual", key: `m1.${startOfTime / secondMs}`, answer: "By hand." });
    await ended(app, id, 20, "failed");
    app.takeStorageCalls();

    const { structured, text } = await app.call("what_happened", { limit: 1 });
    expect(structured).toMatchObject({
      needs_decision: { auth_required: [] },
      failed: [{ outcome: "failed" }],
      finished: [{ answer: "By hand." }],
      quiet_runs: 0,
      cancelled_runs: 0,
      not_shown: 0,
    });
    expect(text).toContain(": 1 failed, 1 finished.");
    // The history says which runs are chats: two of them and their schedule are read, no chat is.
    expect(app.takeStorageCalls().filter((call) => call.startsWith("read "))).toHaveLength(3);
  });

  it("looks back a day unless told otherwise, and says where to go on so that nothing is left out", async () => {
    const app = createMemoryApp();
    await ended(app, sampleId(1, "local"), 24 * 60 - 1, "failed");
    await ended(app, sampleId(1, "local"), 24 * 60 + 1, "failed");
    const first = await app.call("what_happened");
    expect(itemsOf(first, "failed")).toHaveLength(1);
    // It had ended before the first look, and entered the history after it.
    await ended(app, sampleId(1, "local"), 0.5, "failed");
    app.passTime(hourMs);
    const second = await app.call("what_happened", { since: first.structured?.next_since });
    expect(itemsOf(second, "failed")).toHaveLength(1);
    expect((await app.call("what_happened", { since: second.structured?.next_since })).text).toMatch(
      /^Since .*: Nothing has ended\./,
    );
  });

  it("looks back 31 days at most, and says from when", async () => {
    const { structured } = await createMemoryApp().call("what_happened", { since: "2020-01-01T00:00:00Z" });
    expect(structured?.since).toBe(toIso(startOfTime - 31 * 24 * hourMs));
  });

  it.each([["2026-11-20T08:00"], ["yesterday"], ["2027-01-01T00:00:00Z"]])("refuses since %j", async (since) => {
    const { error } = await createMemoryApp().call("what_happened", { since });
    expect(error?.error).toBe("VALIDATION_ERROR");
  });

  it.each(["2026-11-20T08:00", "yesterday"])("says how a moment is written without a time zone: %j", async (since) => {
    const { error } = await createMemoryApp().call("what_happened", { since });
    expect(error?.message).toBe(
      `since "${since}" is not a moment. Write it with Z or an offset, "2026-12-01T07:00Z" or "2026-12-01T08:00+01:00".`,
    );
    expect(error?.details).toEqual({ field: "since" });
  });

  it("shows what waits for a decision first, and only one's own", async () => {
    const app = createMemoryApp();
    const scheduleId = sampleId(1, "local");
    const request: Approval = {
      v: 1,
      scheduleId,
      key: `p${startOfTime / secondMs}`,
      step: 4,
      owner: "local",
      scheduleName: "Morning report",
      conversationId: sampleId(9, "local"),
      calls: [{ id: "c", name: "create_ticket", arguments: '{"title":"Printer"}' }],
      requestedAt: startOfTime,
      expiresAt: startOfTime + hourMs,
    };
    await app.ports.approvals.create(request);
    const { structured, text } = await app.call("what_happened");
    expect(structured).toMatchObject({ needs_decision: { approvals: [{ schedule_name: "Morning report" }] } });
    expect(text).toMatch(/^"Morning report" wants to call create_ticket\(\{"title":"Printer"\}\)/);
    expect(structured?.next_step).toContain("decide_approval");
    await app.ports.approvals.create({ ...request, key: `c1.${startOfTime / secondMs}`, scheduleName: "A talk" });
    expect((await app.call("what_happened")).text).toContain('"A talk" wants to call create_ticket');
    const foreign = await app.call("what_happened", {}, ben);
    expect(foreign.structured).toMatchObject({ needs_decision: { approvals: [] } });
  });

  it("names the schedules whose run is overdue", async () => {
    const app = createMemoryApp();
    const silent = await scheduled(app, { cron: "30 * * * *", name: "Silent" });
    await scheduled(app, { cron: "0 0 * * *", name: "Later" });
    await scheduled(app, { cron: "30 * * * *", name: "Of somebody else" }, ben);
    app.passTime(34 * minuteMs);
    expect((await app.call("what_happened")).structured?.silent).toEqual([]);
    app.passTime(2 * minuteMs);
    const { structured } = await app.call("what_happened");
    expect(structured?.silent).toMatchObject([{ schedule_id: silent, schedule_name: "Silent" }]);
  });

  it("shows so many of each group as asked for, and counts the rest", async () => {
    const app = createMemoryApp();
    for (let minutes = 1; minutes <= 5; minutes++) {
      await ended(app, sampleId(1, "local"), minutes, "failed");
      await ended(app, sampleId(1, "local"), minutes + 10, "succeeded", { answer: "Done." });
    }
    app.takeStorageCalls();
    const answer = await app.call("what_happened", { limit: 2 });
    expect([itemsOf(answer, "failed").length, itemsOf(answer, "finished").length]).toEqual([2, 2]);
    expect(answer.structured?.not_shown).toBe(6);
    expect(answer.text).toContain("6 more not shown");
    // Approvals, twice the history, and one shard; four runs, and the one schedule of them.
    const calls = app.takeStorageCalls().map((call) => call.split(" ")[0]);
    expect(calls.sort()).toEqual([...Array<string>(4).fill("listPage"), ...Array<string>(5).fill("read")]);
  });

  it("leaves out what is damaged", async () => {
    const app = createMemoryApp();
    await ended(app, sampleId(1, "local"), 1, "failed");
    await ended(app, sampleId(1, "local"), 2, "failed");
    const [name = ""] = app.blobs.names().filter((blob) => blob.startsWith("runs/"));
    await app.blobs.write(name, "{", { condition: "always" });
    expect(itemsOf(await app.call("what_happened"), "failed")).toHaveLength(1);
  });
});
