import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { type Edit, edited } from "../../shared/schedule/change.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import { defaultPolicies, type Policies } from "../../shared/schedule/policies.ts";
import type { Definition, OpenRun, Schedule } from "../../shared/schedule/schedule.ts";
import { sampleSchedule, sampleSlot } from "../support/sample-records.ts";

const later = (minutes: number) => sampleSlot + minutes * minuteMs;
const now = later(-5);

const plan: Plan = {
  when: { kind: "every", minutes: 10, phase: sampleSlot },
  timeZone: "UTC",
  gap: "skip",
  exceptDates: [],
};

function definition(change: { plan?: Partial<Plan>; policies?: Partial<Policies>; name?: string } = {}): Definition {
  return {
    ...sampleSchedule().definition,
    ...(change.name === undefined ? {} : { name: change.name }),
    plan: { ...plan, ...change.plan },
    policies: { ...defaultPolicies, ...change.policies },
  };
}

/** Every ten minutes; the cursor stands on the next slot, five minutes ahead. */
const scheduleWith = (overrides: Partial<Schedule> = {}) => sampleSchedule({ definition: definition(), ...overrides });

const moved = { plan: { when: { kind: "every", minutes: 10, phase: later(3) } } } as const;
const stopped = { next: null, marker: null } as const;
const run: OpenRun = { key: "p1", slot: 1, kind: "planned", state: "active", conversationId: "c", openedAt: 1 };

describe("the schedule after an edit", () => {
  it.each<[string, Partial<Schedule>, Partial<Edit>, Partial<Schedule>]>([
    [
      "keeps its cursor when only texts change",
      {},
      { definition: definition({ name: "B" }) },
      { next: later(0), seq: 1 },
    ],
    [
      "has its next slot from now on when the plan changes",
      {},
      { definition: definition(moved) },
      { next: later(3), seq: 2, marker: { shard: 3, slot: later(3), seq: 2 } },
    ],
    ["has none while it is paused", {}, { status: "paused" }, { ...stopped, seq: 2, pausedAt: now }],
    ["says why it is paused", {}, { status: "paused", reason: "Holidays" }, { pauseReason: "Holidays" }],
    [
      "keeps the moment of its pause when only the reason changes",
      { status: "paused", pausedAt: later(-60), ...stopped },
      { status: "paused", reason: "Holidays" },
      { pausedAt: later(-60), pauseReason: "Holidays", seq: 1 },
    ],
    [
      "stays paused when its plan changes",
      { status: "paused", pausedAt: later(-60), pauseReason: "Holidays", ...stopped },
      { definition: definition(moved) },
      { ...stopped, status: "paused", pauseReason: "Holidays" },
    ],
    [
      "has a slot again and no failures when it is resumed",
      { status: "paused", pausedAt: later(-60), failures: 4, ...stopped },
      { status: "active" },
      { status: "active", next: later(0), failures: 0 },
    ],
    [
      "is completed when it is resumed after its last slot",
      { status: "paused", pausedAt: later(-60), definition: definition({ plan: { endAt: later(-6) } }), ...stopped },
      { definition: definition({ plan: { endAt: later(-6) } }), status: "active" },
      { status: "completed", next: null },
    ],
    [
      "is completed when max_runs is lowered to what has run",
      { counted: 3 },
      { definition: definition({ policies: { maxRuns: 3 } }) },
      { status: "completed", ...stopped },
    ],
    [
      "is not completed before its open runs have ended",
      { counted: 3, open: [run] },
      { definition: definition({ policies: { maxRuns: 3 } }) },
      { status: "active", ...stopped },
    ],
    [
      "goes on when max_runs is raised",
      { counted: 3, definition: definition({ policies: { maxRuns: 3 } }), ...stopped, open: [run] },
      { definition: definition({ policies: { maxRuns: 4 } }) },
      { status: "active", next: later(0) },
    ],
    [
      "is active again when a completed one gets new slots",
      { status: "completed", definition: definition({ plan: { endAt: later(-6) } }), ...stopped },
      { definition: definition() },
      { status: "active", next: later(0) },
    ],
    [
      "is paused when a completed one gets new slots with status paused",
      { status: "completed", definition: definition({ plan: { endAt: later(-6) } }), ...stopped },
      { definition: definition(), status: "paused" },
      { status: "paused", pausedAt: now, ...stopped },
    ],
    [
      "stays completed when only texts change",
      { status: "completed", definition: definition({ plan: { endAt: later(-6) } }), ...stopped },
      { definition: definition({ name: "B", plan: { endAt: later(-6) } }) },
      { status: "completed", seq: 1, ...stopped },
    ],
    [
      "stays completed when new times find max_runs used up",
      { status: "completed", counted: 1, definition: definition({ policies: { maxRuns: 1 } }), ...stopped },
      { definition: definition({ ...moved, policies: { maxRuns: 1 } }) },
      { status: "completed", ...stopped },
    ],
  ])("%s", (_, state, edit, expected) => {
    const after = edited(scheduleWith(state), { definition: definition(), ...edit }, now, 3);
    expect(after).toMatchObject({ revision: 2, updatedAt: now, ...expected });
  });

  it.each<[string, Partial<Schedule>, Partial<Edit>]>([
    ["the same again", {}, {}],
    ["active and to be active", { failures: 2 }, { status: "active" }],
    ["paused and to be paused", { status: "paused", pausedAt: 1, pauseReason: "r", ...stopped }, { status: "paused" }],
  ])("is none when nothing changes: %s", (_, state, edit) => {
    expect(edited(scheduleWith(state), { definition: definition(), ...edit }, now, 3)).toBeUndefined();
  });

  it("forgets pause and reason when it is resumed", () => {
    const paused = scheduleWith({ status: "paused", pausedAt: 1, pauseReason: "Holidays", ...stopped });
    const after = edited(paused, { definition: definition(), status: "active" }, now, 3);
    expect(after).not.toHaveProperty("pausedAt");
    expect(after).not.toHaveProperty("pauseReason");
  });

  it.each(["active", "paused"] as const)("is refused when a completed one without slots is to be %s", (status) => {
    const over = definition({ plan: { endAt: later(-6) } });
    const edit = () =>
      edited(scheduleWith({ status: "completed", definition: over, ...stopped }), { definition: over, status }, now, 3);
    expect(edit).toThrow(/completed.*new times/);
  });

  it("remembers a local time that daylight saving time left out once", () => {
    const spring: Plan = {
      when: { kind: "cron", expression: "30 2 * * *" },
      timeZone: "Europe/Berlin",
      gap: "skip",
      exceptDates: [],
    };
    const at = Date.parse("2027-03-27T12:00:00Z");
    const state = scheduleWith({ definition: definition({ plan: spring }), next: at + 86_400_000 });
    const paused = edited(state, { definition: state.definition, status: "paused" }, at, 3) ?? state;
    const resumed = edited(paused, { definition: state.definition, status: "active" }, at, 3) ?? state;
    const again = edited(
      resumed,
      { definition: { ...state.definition, plan: { ...spring, exceptDates: ["2027-05-01"] } } },
      at,
      3,
    );
    expect(resumed.skippedLocalTimes).toHaveLength(1);
    expect(again?.skippedLocalTimes).toEqual(resumed.skippedLocalTimes);
  });
});

describe("with slots overdue that cannot be settled", () => {
  const late = later(1);

  it("a pause leaves them to the next tick", () => {
    const after = edited(scheduleWith(), { definition: definition(), status: "paused" }, late, 3);
    expect(after).toMatchObject({ status: "paused", pausedAt: late, next: later(0), marker: { seq: 1 } });
  });

  it("other texts do, too", () => {
    expect(edited(scheduleWith(), { definition: definition({ name: "B" }) }, late, 3)).toMatchObject({
      next: later(0),
    });
  });

  it.each<[string, Edit]>([
    ["another plan", { definition: definition(moved) }],
    ["another plan with a pause", { definition: definition(moved), status: "paused" }],
    ["another max_runs", { definition: definition({ policies: { maxRuns: 9 } }) }],
  ])("%s is refused", (_, edit) => {
    expect(() => edited(scheduleWith(), edit, late, 3)).toThrow(/wait/);
  });
});
