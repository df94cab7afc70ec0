import { describe, expect, it } from "vitest";
import { type Admission, admitted, blockersOf, decideAdmission, mayStart } from "../../shared/schedule/admission.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import type { OpenRun, RunKind, Schedule } from "../../shared/schedule/schedule.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";

const skip = (reason: string): Admission => ({ kind: "refuse", outcome: "skipped_overlap", reason });
const cancel = (reason: string): Admission => ({ kind: "refuse", outcome: "cancelled", reason });
const older = openRun({ key: "p1", slot: openSlot(-1), state: "active" });
const newer = openRun({ key: "p9", slot: openSlot(9), state: "active" });
const buffered = openRun({ key: "p2", slot: openSlot(-2), state: "buffered" });
const bufferedCatchup = { ...buffered, kind: "catchup" } as const;

describe("a run that finds nobody in its way", () => {
  it.each(["skip", "buffer_one", "cancel_other", "allow_all"] as const)("is admitted under overlap %s", (overlap) => {
    const run = openRun({});
    expect(decideAdmission(openSchedule({ overlap }, { open: [run] }), run, [])).toEqual({ kind: "admit" });
  });
});

describe("a run that finds another one going on", () => {
  it.each<[Policies["overlap"], RunKind, OpenRun, readonly OpenRun[], Admission]>([
    ["skip", "planned", older, [], skip("overlap")],
    ["skip", "manual", older, [], skip("overlap")],
    ["skip", "catchup", older, [], { kind: "buffer" }],
    ["skip", "backfill", older, [], { kind: "buffer" }],
    ["buffer_one", "planned", older, [], { kind: "buffer" }],
    ["buffer_one", "planned", older, [buffered], skip("buffer_full")],
    ["buffer_one", "planned", older, [bufferedCatchup], { kind: "buffer" }],
    ["buffer_one", "catchup", older, [buffered], { kind: "buffer" }],
    ["cancel_other", "planned", older, [], { kind: "cancel_others", others: [older] }],
    ["cancel_other", "planned", newer, [], skip("newer_run")],
    ["cancel_other", "catchup", older, [], { kind: "buffer" }],
  ])("overlap %s, %s run: %#", (overlap, kind, live, others, expected) => {
    const run = openRun({ kind });
    const schedule = openSchedule({ overlap }, { open: [live, ...others, run] });
    expect(blockersOf(schedule, run)).toEqual([live]);
    expect(decideAdmission(schedule, run, [live])).toEqual(expected);
  });

  it("has no blockers under allow_all", () => {
    expect(blockersOf(openSchedule({ overlap: "allow_all" }, { open: [older] }), openRun({}))).toEqual([]);
  });

  it("does not block itself, and no run that only waits blocks it", () => {
    const run = openRun({ state: "active" });
    expect(blockersOf(openSchedule({}, { open: [run, buffered] }), run)).toEqual([]);
  });
});

describe("a run that was dispatched before the schedule changed", () => {
  const otherPlan = openSchedule({}).definition;
  const moved = { ...otherPlan, plan: { ...otherPlan.plan, startAt: openSlot(0) + 1 } };

  it.each<[string, Partial<Schedule>, Partial<Policies>, Admission]>([
    ["the schedule is paused", { status: "paused" }, {}, cancel("superseded")],
    ["the plan no longer has the slot", { definition: moved }, {}, cancel("superseded")],
    ["max_runs is used up", { counted: 2 }, { maxRuns: 2 }, cancel("max_runs")],
    ["max_runs is not used up", { counted: 1 }, { maxRuns: 2 }, { kind: "admit" }],
  ])("when %s", (_, change, policies, expected) => {
    const run = openRun({});
    const schedule = openSchedule(policies, { open: [run], ...change });
    expect(decideAdmission(schedule, run, [])).toEqual(expected);
    expect(mayStart(schedule, run)).toBe(expected.kind === "admit");
    for (const kind of ["manual", "backfill"] as const) {
      expect(decideAdmission(schedule, { ...run, kind }, [])).toEqual({ kind: "admit" });
    }
  });

  it("is superseded rather than skipped or cancelling others", () => {
    const schedule = openSchedule({ overlap: "cancel_other" }, { status: "paused", open: [older] });
    expect(decideAdmission(schedule, openRun({}), [older])).toEqual(cancel("superseded"));
  });
});

describe("the admission", () => {
  it("counts planned and catch-up runs, and no others", () => {
    const kinds = ["planned", "catchup", "manual", "backfill"] as const;
    const counts = kinds.map(
      (kind) => admitted(openSchedule({}, { open: [openRun({ kind })] }), openRun({}).key).counted,
    );
    expect(counts).toEqual([1, 1, 0, 0]);
  });

  it("ends the plan when max_runs is used up, so that every marker is an old one", () => {
    const schedule = openSchedule({ maxRuns: 1 }, { open: [openRun({})], seq: 4 });
    expect(admitted(schedule, openRun({}).key)).toMatchObject({ counted: 1, next: null, marker: null, seq: 5 });
    const more = openSchedule({ maxRuns: 2 }, { open: [openRun({})], seq: 4 });
    expect(admitted(more, openRun({}).key)).toMatchObject({ counted: 1, next: more.next, marker: more.marker, seq: 4 });
  });
});
