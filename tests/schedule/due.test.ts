import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { type Due, decideDue, slotAfter } from "../../shared/schedule/due.ts";
import { defaultPolicies, type Policies } from "../../shared/schedule/policies.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { sampleSchedule, sampleSlot } from "../support/sample-records.ts";

const windowMs = 2 * minuteMs;
const later = (minutes: number) => sampleSlot + minutes * minuteMs;

/** Every ten minutes, `slots` times; the cursor stands on the first. */
function everyTen(policies: Partial<Policies>, overrides: Partial<Schedule> = {}, slots = 100): Schedule {
  const plan = { when: { kind: "every", minutes: 10, phase: sampleSlot }, timeZone: "UTC", gap: "skip" } as const;
  const { definition } = sampleSchedule();
  return sampleSchedule({
    definition: {
      ...definition,
      plan: { ...plan, exceptDates: [], endAt: later(10 * (slots - 1)) },
      policies: { ...defaultPolicies, ...policies },
    },
    ...overrides,
  });
}

const planned: Due = { kind: "run", runKind: "planned" };
const catchup: Due = { kind: "run", runKind: "catchup" };
const missed = (through: number): Due => ({ kind: "missed", through });

describe("the next slot", () => {
  it.each<[string, number, Due]>([
    ["waits while it lies beyond the look-ahead", sampleSlot - windowMs - 1, { kind: "not_yet" }],
    ["is dispatched once it lies in the look-ahead", sampleSlot - windowMs, planned],
    ["is simply run when it is five minutes late", later(5), planned],
    ["is late after that", later(5) + 1, catchup],
  ])("%s", (_, now, expected) => {
    expect(decideDue(everyTen({}), now, windowMs)).toEqual(expected);
  });

  it("waits when there is none, and when 200 runs are open", () => {
    expect(decideDue(everyTen({}, { next: null }), sampleSlot, windowMs)).toEqual({ kind: "not_yet" });
    const [open] = [
      { key: "p1", slot: 1, kind: "planned", state: "pending", conversationId: "c", openedAt: 1 } as const,
    ];
    const full = everyTen({}, { open: Array.from({ length: 200 }, () => open) });
    expect(decideDue(full, sampleSlot, windowMs)).toEqual({ kind: "not_yet" });
  });
});

describe("late slots", () => {
  // At minute 36 the slots 0, 10, 20 and 30 are too late; a window of 15 minutes begins at minute 21.
  it.each<[Partial<Policies>, number, Due]>([
    [{ catchUp: "none" }, 0, missed(later(30))],
    [{ catchUp: "one" }, 0, missed(later(20))],
    [{ catchUp: "one" }, 30, catchup],
    [{ catchUp: "one", catchUpWindowSeconds: 5 * 60 }, 0, missed(later(30))],
    [{ catchUp: "all" }, 0, catchup],
    [{ catchUp: "all" }, 30, catchup],
    [{ catchUp: "one", catchUpWindowSeconds: 15 * 60 }, 0, missed(later(20))],
    [{ catchUp: "one", catchUpWindowSeconds: 4 * 60 }, 30, missed(later(30))],
    [{ catchUp: "all", catchUpWindowSeconds: 15 * 60 }, 0, missed(later(20))],
    [{ catchUp: "all", catchUpWindowSeconds: 15 * 60 }, 30, catchup],
  ])("under %o, from minute %i", (policies, cursor, expected) => {
    expect(decideDue(everyTen(policies, { next: later(cursor) }), later(36), windowMs)).toEqual(expected);
  });

  it("end at the last slot of the plan", () => {
    expect(decideDue(everyTen({ catchUp: "none" }, {}, 2), later(60), windowMs)).toEqual(missed(later(10)));
    expect(decideDue(everyTen({ catchUp: "one" }, {}, 2), later(60), windowMs)).toEqual(missed(sampleSlot));
  });
});

describe("a paused schedule", () => {
  const pausedAt = (instant: number) => everyTen({ catchUp: "all" }, { status: "paused", pausedAt: instant });

  it.each<[string, number, Due]>([
    ["owes nothing when its next slot comes after the pause", later(-1), { kind: "stop" }],
    ["missed the slots up to the pause, whatever the policy", later(25), missed(later(20))],
    ["missed a slot at the very moment of the pause", later(20), missed(later(20))],
    ["did not miss a slot a moment after the pause", later(20) - 500, missed(later(10))],
    ["owes nothing when its next slot comes a moment after the pause", -500 + sampleSlot, { kind: "stop" }],
  ])("%s", (_, instant, expected) => {
    expect(decideDue(pausedAt(instant), later(60), windowMs)).toEqual(expected);
  });

  it("missed a slot of a cron pattern at the very moment of the pause", () => {
    const { definition } = everyTen({});
    const plan = { ...definition.plan, when: { kind: "cron", expression: "*/10 * * * *" } } as const;
    const schedule = { ...pausedAt(later(20)), definition: { ...definition, plan } };
    expect(decideDue(schedule, later(60), windowMs)).toEqual(missed(later(20)));
  });

  it("has no slot after the moment of the pause", () => {
    expect(slotAfter(pausedAt(later(25)), later(20)).slot).toBeNull();
    expect(slotAfter(pausedAt(later(25)), later(10)).slot).toBe(later(20));
  });
});

describe("the slot after one that was passed", () => {
  it("is the next of the plan, and none after the last", () => {
    expect(slotAfter(everyTen({}), later(20)).slot).toBe(later(30));
    expect(slotAfter(everyTen({}, {}, 1), sampleSlot).slot).toBeNull();
    expect(slotAfter(everyTen({}, {}, 3), later(20) + secondMs).slot).toBeNull();
  });

  it("tells the local times that daylight saving time leaves out before it, also after a missed range", () => {
    const { definition } = everyTen({});
    const when = { kind: "cron", expression: "30 2 * * *" } as const;
    const plan = { ...definition.plan, when, timeZone: "Europe/Berlin", endAt: undefined };
    const nightly = sampleSchedule({ definition: { ...definition, plan } });
    const through = Date.parse("2027-03-27T01:30:00Z");
    const next = Date.parse("2027-03-29T00:30:00Z");
    expect(slotAfter(nightly, through)).toEqual({ slot: next, skippedLocalTimes: ["2027-03-28T02:30"] });
  });
});
