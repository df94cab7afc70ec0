import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createMemoryApp, type MemoryApp } from "../mcp/memory-app.ts";
import { itemsOf, oneRun, scheduled } from "../mcp/sample-calls.ts";

const anna = { owner: "a1", name: "Anna" };
const ben = { owner: "b2", name: "Ben" };

describe("trigger_schedule", () => {
  it("opens a run and names it; the same key names it again", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const input = { id, idempotency_key: "k" };
    const first = await app.call("trigger_schedule", input);
    const [run] = itemsOf<{ id: string }>(first, "runs");
    expect(first.structured).toMatchObject({ result: "opened", schedule_id: id, runs: [{ kind: "manual" }] });
    expect(first.structured?.next_step).toContain(run?.id);
    await app.workQueue();
    expect((await app.call("get_run", { id: run?.id })).structured?.run).toMatchObject({ outcome: "succeeded" });
    const second = await app.call("trigger_schedule", input);
    expect(second.structured).toMatchObject({ result: "existing", runs: [{ id: run?.id, outcome: "succeeded" }] });
    expect(second.structured?.summary).toContain("nothing new");
  });

  it("runs past moments again, in the schedule's zone", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const range = { backfill_from: "2026-11-18T08:00", backfill_to: "2026-11-19T08:00" };
    const { structured } = await app.call("trigger_schedule", { id, ...range });
    expect(structured?.runs).toMatchObject([
      { kind: "backfill", slot: "2026-11-18T07:00:00.000Z" },
      { kind: "backfill", slot: "2026-11-19T07:00:00.000Z" },
    ]);
    expect(structured?.summary).toContain("from Wednesday 2026-11-18 08:00 Europe/Berlin");
  });

  const everyMinute = { cron: "* * * * *" };

  it.each<[string, object, object, RegExp]>([
    ["half a range", {}, { backfill_from: "2026-11-18T08:00" }, /backfill_to is missing/],
    ["a range that is none", {}, { backfill_from: "monday", backfill_to: "tuesday" }, /2026-12-01T08:00/],
    ["the future", {}, { backfill_from: "2026-12-01T08:00", backfill_to: "2026-12-02T08:00" }, /future/],
    [
      "an empty range",
      {},
      { backfill_from: "2026-11-18T09:00", backfill_to: "2026-11-18T10:00" },
      /Nothing was planned/,
    ],
    [
      "too long a range",
      everyMinute,
      { backfill_from: "2026-11-18T08:00", backfill_to: "2026-11-18T10:00" },
      /121 planned moments.*Split it/,
    ],
    ["an unknown field", {}, { when: "now" }, /unknown field "when".*idempotency_key/],
    ["a key of another kind", {}, { idempotency_key: 5 }, /idempotency_key: text is expected/],
    ["too long a key", {}, { idempotency_key: "k".repeat(201) }, /200 characters/],
  ])("refuses %s with what to do, and opens nothing", async (_what, plan, input, advice) => {
    const app = createMemoryApp();
    const id = await scheduled(app, plan);
    const before = await app.ports.schedules.read(id);
    const { error } = await app.call("trigger_schedule", { id, ...input });
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringMatching(advice) });
    expect(await app.ports.schedules.read(id)).toEqual(before);
  });

  it.each(["", "nonsense", "local-1"])("answers %j as an unknown id", async (id) => {
    const { error } = await createMemoryApp().call("trigger_schedule", { id });
    expect(error?.details).toEqual({ reason: "not_found" });
  });

  it("answers a foreign schedule as an unknown one, without a storage call", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, {}, anna);
    app.takeStorageCalls();
    expect((await app.call("trigger_schedule", { id }, ben)).error?.details).toEqual({ reason: "not_found" });
    expect(app.takeStorageCalls()).toEqual([]);
  });
});

describe("cancel_run", () => {
  it("ends a waiting run, and get_run shows why", async () => {
    const app = createMemoryApp();
    const id = await waitingRun(app);
    const { structured } = await app.call("cancel_run", { id, reason: "Wrong prompt." });
    expect(structured).toMatchObject({ result: "cancelled", run: { outcome: "cancelled", note: "Wrong prompt." } });
    const shown = await app.call("get_run", { id });
    expect(shown.structured?.run).toMatchObject({ reason: "cancelled_by_caller", note: "Wrong prompt." });
    expect(shown.structured?.summary).toContain("Wrong prompt.");
  });

  it("says of a run that is over how it ended", async () => {
    const app = createMemoryApp();
    const { runId } = await oneRun(app);
    const { structured } = await app.call("cancel_run", { id: runId });
    expect(structured).toMatchObject({ result: "ended_before", run: { outcome: "succeeded" } });
    expect(structured?.summary).toContain("succeeded");
  });

  it.each(["", "nonsense", "local-0198c0de-0000-7000-8000-000000000000.p5"])("answers %j as unknown", async (id) => {
    expect((await createMemoryApp().call("cancel_run", { id })).error?.details).toEqual({ reason: "not_found" });
  });

  it("refuses too long a reason, and leaves a foreign run alone", async () => {
    const app = createMemoryApp();
    const id = await waitingRun(app);
    const tooLong = await app.call("cancel_run", { id, reason: "x".repeat(501) });
    expect(tooLong.error?.message).toContain("at most 500 characters");
    expect((await app.call("cancel_run", { id }, ben)).error?.details).toEqual({ reason: "not_found" });
    expect((await app.call("get_run", { id })).structured?.run).toMatchObject({ state: "queued" });
  });
});

describe("list_runs over all schedules", () => {
  const idsOf = async (app: MemoryApp, input: object) =>
    itemsOf<{ id: string }>(await app.call("list_runs", input), "runs").map(({ id }) => id);

  async function threeRuns() {
    const app = createMemoryApp();
    const { runId: done } = await oneRun(app);
    app.passTime(minuteMs / 2);
    const cancelled = await waitingRun(app);
    await app.call("cancel_run", { id: cancelled });
    const waiting = await waitingRun(app, "2026-11-20T09:03:00Z");
    return { app, done, cancelled, waiting };
  }

  it("shows what has ended, newest first, and by outcome", async () => {
    const { app, done, cancelled } = await threeRuns();
    expect(await idsOf(app, {})).toEqual([cancelled, done]);
    expect(await idsOf(app, { state: "ended" })).toEqual([cancelled, done]);
    expect(await idsOf(app, { outcome: "succeeded" })).toEqual([done]);
    expect(await idsOf(app, { outcome: "cancelled" })).toEqual([cancelled]);
    expect(await idsOf(app, { outcome: "failed" })).toEqual([]);
  });

  it("shows what is open, page by page, and nobody else's", async () => {
    const { app, waiting } = await threeRuns();
    expect(await idsOf(app, { state: "open" })).toEqual([waiting]);
    const others = [await waitingRun(app, "2026-11-20T09:03:00Z"), await waitingRun(app, "2026-11-20T09:03:00Z")];
    const first = await app.call("list_runs", { state: "open", limit: 2 });
    const last = await app.call("list_runs", { state: "open", limit: 2, cursor: first.structured?.next_cursor });
    const shown = [first, last].map((page) => itemsOf<{ id: string }>(page, "runs").map(({ id }) => id));
    expect(shown.map(({ length }) => length)).toEqual([2, 1]);
    expect(shown.flat().sort()).toEqual([waiting, ...others].sort());
    expect(last.structured).not.toHaveProperty("next_cursor");
    expect((await app.call("list_runs", { state: "open" }, ben)).structured?.runs).toEqual([]);
    expect((await app.call("list_runs", {}, ben)).structured?.runs).toEqual([]);
  });

  it("filters those of one schedule too", async () => {
    const { app, waiting, done } = await threeRuns();
    const schedule_id = waiting.split(".")[0];
    expect(await idsOf(app, { schedule_id, state: "open" })).toEqual([waiting]);
    expect(await idsOf(app, { schedule_id, state: "ended" })).toEqual([]);
    expect(await idsOf(app, { schedule_id: done.split(".")[0], outcome: "succeeded" })).toEqual([done]);
    expect(await idsOf(app, { schedule_id: done.split(".")[0], state: "open" })).toEqual([]);
  });

  it("finds the one failure behind many successes of a schedule, page by page", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app);
    const keys = Array.from({ length: 10 }, (_, number) => `k${number}`);
    for (const idempotency_key of keys) await app.call("trigger_schedule", { id, idempotency_key });
    const [first] = itemsOf<{ id: string }>(await app.call("list_runs", { schedule_id: id, limit: 100 }), "runs").slice(
      -1,
    );
    await app.call("cancel_run", { id: first?.id });
    expect(await idsOf(app, { schedule_id: id, outcome: "cancelled", limit: 1 })).toEqual([first?.id]);
  });

  it.each<[object, RegExp]>([
    [{ outcome: "broken" }, /outcome/],
    [{ state: "waiting" }, /state/],
    [{ state: "open", outcome: "failed" }, /no outcome yet/],
    [{ cursor: "made up" }, /cursor/],
    [{ state: "open", cursor: "made up" }, /cursor/],
    [{ limit: 0 }, /limit/],
  ])("refuses %j", async (input, advice) => {
    const { error } = await createMemoryApp().call("list_runs", input);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringMatching(advice) });
  });
});

describe("get_schedule", () => {
  it("tells counters, and health with what to do", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, { cron: null, every_minutes: 1 });
    app.passTime(minuteMs);
    await app.workQueue();
    await app.call("trigger_schedule", { id, idempotency_key: "k" });
    await app.workQueue();
    const { structured } = await app.call("get_schedule", { id });
    expect(structured?.counters).toEqual({
      started: 2,
      finished: 2,
      consecutive_failures: 0,
      last_outcomes: [{ outcome: "succeeded", count: 2 }],
    });
    expect(structured?.schedule).toMatchObject({ runs_started: 2, planned_runs_started: 1, runs_finished: 2 });
    expect(structured?.health).toMatchObject({ state: "on_time" });
    app.passTime(10 * minuteMs);
    const later = await app.call("get_schedule", { id });
    expect(later.structured?.health).toMatchObject({ state: "silent", why: expect.stringContaining("/health/ready") });
    expect(later.structured?.summary).toContain("Health: silent.");
  });
});

/** A run that is dispatched and waits for its slot. */
async function waitingRun(app: MemoryApp, run_at = "2026-11-20T09:02:00Z"): Promise<string> {
  const id = await scheduled(app, { cron: null, run_at: run_at.replace("Z", "+00:00") });
  const [run] = itemsOf<{ id: string }>(await app.call("list_runs", { schedule_id: id }), "runs");
  if (run === undefined) throw new Error("The run is not dispatched.");
  return run.id;
}
