import { describe, expect, it } from "vitest";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { type EndedRun, released } from "../../shared/schedule/release.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";

const now = openSlot(0) + 1;
const active = openRun({ state: "active" });
const endOf = (key: string, outcome: Outcome, more: Partial<EndedRun> = {}): EndedRun => ({
  key,
  id: `the schedule.${key}`,
  outcome,
  endedAt: now,
  usage: [],
  ...more,
});
const waiting = (number: number, openedAt: number) =>
  openRun({ key: `p${number}`, slot: openSlot(0), state: "buffered", openedAt });

describe("the release of a run that has ended", () => {
  it.each<[Outcome, number]>([
    ["succeeded", 0],
    ["cancelled", 4],
    ["failed", 5],
    ["timed_out", 5],
    ["no_output", 5],
    ["auth_required", 5],
    ["budget_exceeded", 5],
  ])("after 4 failures in a row, %s makes %i", (outcome, failures) => {
    const schedule = openSchedule({}, { open: [active], failures: 4, finished: 7 });
    const { schedule: after, wake } = released(schedule, endOf(active.key, outcome), now);
    expect(after).toMatchObject({ open: [], failures, finished: 8, status: "active" });
    expect(wake).toEqual([]);
  });

  it("does not count a run that was never admitted", () => {
    const refused = openRun({ state: "refused" });
    const { schedule } = released(
      openSchedule({}, { open: [refused], failures: 4 }),
      endOf(refused.key, "skipped_overlap"),
      now,
    );
    expect(schedule).toMatchObject({ open: [], failures: 4, finished: 0 });
  });

  it("changes nothing when it was done already", () => {
    const schedule = openSchedule({}, { open: [active] });
    expect(released(schedule, endOf("p7", "failed"), now)).toEqual({ schedule, wake: [] });
  });

  it("completes the schedule only when nothing is left to come and nothing is open", () => {
    const last = { next: null, marker: null };
    const one = openSchedule({}, { ...last, open: [active] });
    expect(released(one, endOf(active.key, "succeeded"), now).schedule.status).toBe("completed");
    const two = openSchedule({}, { ...last, open: [active, openRun({ key: "p5" })] });
    expect(released(two, endOf(active.key, "succeeded"), now).schedule.status).toBe("active");
    const more = openSchedule({}, { open: [active] });
    expect(released(more, endOf(active.key, "succeeded"), now).schedule.status).toBe("active");
  });

  it("leaves a deleted schedule deleted and wakes nobody", () => {
    const schedule = openSchedule({}, { status: "deleted", next: null, marker: null, open: [active, waiting(1, 1)] });
    const { schedule: after, wake } = released(schedule, endOf(active.key, "cancelled"), now);
    expect(after).toMatchObject({ status: "deleted", finished: 0, open: [{ key: "p1", state: "buffered" }] });
    expect(wake).toEqual([]);
  });
});

describe("pause_after_failures", () => {
  const failing = (pauseAfterFailures: number, next = openSlot(1)) =>
    released(
      openSchedule({ pauseAfterFailures }, { open: [active], failures: 1, next }),
      endOf(active.key, "failed"),
      now,
    ).schedule;

  it("pauses the schedule when so many runs in a row have failed, and plans nothing more", () => {
    expect(failing(2)).toMatchObject({ status: "paused", pausedAt: now, next: null, marker: null, seq: 2 });
  });

  it("does not pause before that, and never when it is 0", () => {
    expect([failing(3).status, failing(0).status]).toEqual(["active", "active"]);
  });

  it("leaves slots owed that were due already", () => {
    expect(failing(2, openSlot(0))).toMatchObject({ status: "paused", next: openSlot(0), seq: 1 });
  });
});

describe("the oldest waiting run", () => {
  it("is let in, counted and woken", () => {
    const open = [active, waiting(3, 30), waiting(2, 20), waiting(4, 40)];
    const { schedule, wake } = released(openSchedule({}, { open, counted: 1 }), endOf(active.key, "succeeded"), now);
    expect(wake).toEqual(["p2"]);
    expect(schedule.counted).toBe(2);
    expect(schedule.open.find(({ key }) => key === "p2")).toMatchObject({ state: "active", promoted: true });
  });

  it("stays where it is while another run is going on", () => {
    const open = [active, openRun({ key: "p8", state: "active" }), waiting(2, 20)];
    expect(released(openSchedule({}, { open }), endOf(active.key, "succeeded"), now).wake).toEqual([]);
  });

  it("is judged again by itself when it may not start any more", () => {
    const open = [active, waiting(2, 20)];
    const { schedule, wake } = released(
      openSchedule({}, { open, status: "paused" }),
      endOf(active.key, "succeeded"),
      now,
    );
    expect(wake).toEqual(["p2"]);
    expect(schedule).toMatchObject({ counted: 0, open: [{ key: "p2", state: "pending" }] });
  });
});

describe("what the runs of a month have cost", () => {
  const mini = { model: "mini", promptTokens: 100, completionTokens: 10 };
  const large = { model: "large", promptTokens: 7, completionTokens: 3 };
  const berlin = (state: Partial<Schedule> = {}) => inZone("Europe/Berlin", state);
  const inZone = (timeZone: string, state: Partial<Schedule> = {}): Schedule => {
    const schedule = openSchedule({}, { open: [active], ...state });
    const { definition } = schedule;
    return { ...schedule, definition: { ...definition, plan: { ...definition.plan, timeZone } } };
  };
  const december = { month: "2026-12", promptTokens: 1000, completionTokens: 100, runs: 4, models: [mini] };
  const usageAfter = (schedule: Schedule, end: string, usage = [mini]) =>
    released(schedule, endOf(active.key, "failed", { endedAt: Date.parse(end), usage }), now).schedule.usage;

  it("is counted with the release, by model", () => {
    expect(usageAfter(berlin(), "2026-12-05T12:00:00Z", [mini, large])).toEqual({
      month: "2026-12",
      promptTokens: 107,
      completionTokens: 13,
      runs: 1,
      models: [mini, large],
    });
    expect(usageAfter(berlin({ usage: december }), "2026-12-05T12:00:00Z")).toEqual({
      month: "2026-12",
      promptTokens: 1100,
      completionTokens: 110,
      runs: 5,
      models: [{ model: "mini", promptTokens: 200, completionTokens: 20 }],
    });
  });

  it("is counted once, however often the release is repeated", () => {
    const end = endOf(active.key, "succeeded", { usage: [mini] });
    const once = released(berlin(), end, now).schedule;
    expect(once.usage?.runs).toBe(1);
    expect(released(once, end, now).schedule).toEqual(once);
  });

  it.each([
    // Kiritimati is fourteen hours ahead of UTC, Honolulu ten behind.
    ["Pacific/Kiritimati", "2026-12-31T09:59:59Z", "2026-12"],
    ["Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01"],
    ["Pacific/Honolulu", "2027-01-01T09:59:59Z", "2026-12"],
    ["Pacific/Honolulu", "2027-01-01T10:00:00Z", "2027-01"],
    ["Asia/Kathmandu", "2026-12-31T18:14:59Z", "2026-12"],
    ["Asia/Kathmandu", "2026-12-31T18:15:00Z", "2027-01"],
    ["Australia/Lord_Howe", "2026-12-31T12:59:59Z", "2026-12"],
    ["Australia/Lord_Howe", "2026-12-31T13:00:00Z", "2027-01"],
    ["Europe/Berlin", "2026-12-31T23:00:00Z", "2027-01"],
  ])("belongs in %s at %s to %s", (timeZone, end, month) => {
    expect(usageAfter(inZone(timeZone), end)?.month).toBe(month);
    const runs = usageAfter(inZone(timeZone, { usage: december }), end)?.runs;
    expect(runs).toBe(month === december.month ? 5 : 1);
  });

  it("leaves a new month alone when the release of an older one comes late", () => {
    const january = { ...december, month: "2027-01" };
    expect(usageAfter(berlin({ usage: january }), "2026-12-31T22:59:59Z")).toEqual(january);
  });

  it("is nothing for a run that was never let in", () => {
    const refused = openRun({ state: "refused" });
    const end = endOf(refused.key, "cancelled", { usage: [mini] });
    expect(released(openSchedule({}, { open: [refused] }), end, now).schedule.usage).toBeUndefined();
  });

  it("stays small, whatever a provider calls its models", () => {
    const models = Array.from({ length: 30 }, (_, n) => ({ ...large, model: `${n}-${"x".repeat(100)}` }));
    const usage = usageAfter(berlin(), "2026-12-05T12:00:00Z", models)!;
    expect(usage).toMatchObject({ promptTokens: 30 * 7, completionTokens: 30 * 3 });
    expect(usage.models).toHaveLength(8);
    expect(usage.models.at(-1)).toEqual({ model: "others", promptTokens: 23 * 7, completionTokens: 23 * 3 });
    expect(Math.max(...usage.models.map(({ model }) => model.length))).toBe(64);
  });
});

describe("the last report", () => {
  const reported = (entry: Partial<typeof active>, report: string | undefined, state: Partial<Schedule> = {}) => {
    const open = { ...active, ...entry };
    return released(openSchedule({}, { open: [open], ...state }), endOf(open.key, "succeeded", { report }), now)
      .schedule.lastReport;
  };
  const before = { run: "the schedule.p0", slot: active.slot, text: "Two tickets." };

  it("is the answer of the run that was released", () => {
    const lastReport = { run: `the schedule.${active.key}`, slot: active.slot, text: "Three tickets." };
    expect(reported({}, "Three tickets.", { lastReport: before })).toEqual(lastReport);
  });

  it("stays when a run had nothing to report, or stood for an older slot, or was talk by hand", () => {
    expect(reported({}, undefined, { lastReport: before })).toEqual(before);
    expect(reported({ slot: active.slot - 1 }, "Older.", { lastReport: before })).toEqual(before);
    expect(reported({ kind: "chat" }, "Hello.", { lastReport: before })).toEqual(before);
  });
});
