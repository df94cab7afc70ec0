import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlanned, nextSlot, previousSlot, upcomingSlots } from "../../shared/schedule/next-slot.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import { type Answer, type Minute, slotsOf, walkMinutes } from "./minute-walk.ts";

const minuteMs = 60_000;

const windows: readonly [zone: string, firstDay: string, what: string][] = [
  ["Europe/Berlin", "2026-03-28", "forward at 02:00"],
  ["Europe/Berlin", "2026-10-24", "back at 03:00"],
  ["America/New_York", "2026-03-07", "forward at 02:00"],
  ["America/New_York", "2026-10-31", "back at 02:00"],
  ["Australia/Lord_Howe", "2026-04-03", "back by half an hour"],
  ["Australia/Lord_Howe", "2026-10-02", "forward by half an hour"],
  ["Pacific/Apia", "2011-12-29", "a whole day is missing"],
  ["Africa/Casablanca", "2026-02-14", "back for Ramadan"],
  ["Africa/Casablanca", "2026-03-21", "forward after Ramadan"],
  ["Pacific/Chatham", "2026-04-03", "back at 03:45"],
  ["Pacific/Chatham", "2026-09-25", "forward at 02:45"],
  ["America/Sao_Paulo", "2018-02-16", "back at midnight"],
  ["America/Sao_Paulo", "2018-11-03", "forward at midnight"],
  ["America/St_Johns", "2010-11-06", "back over midnight"],
  ["Asia/Kathmandu", "2026-03-28", "no change, 05:45"],
  ["UTC", "2026-03-28", "no change"],
];
const days = 3;

const minuteField = fc.oneof(
  fc.constantFrom("*", "0", "30", "*/7", "*/20", "15,45", "10-40/10", "59", "1"),
  fc.integer({ min: 0, max: 59 }).map(String),
);
const hourField = fc.oneof(
  fc.constantFrom("*", "*", "0", "1", "2", "3", "23", "1-3", "0,2,3", "*/2", "22-23"),
  fc.integer({ min: 0, max: 23 }).map(String),
);
const dayFields = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ day: "*", weekday: "*" }) },
  { weight: 1, arbitrary: fc.constantFrom("*/2", "1-15", "25-31", "1,29,30").map((day) => ({ day, weekday: "*" })) },
  { weight: 1, arbitrary: fc.constantFrom("0", "1-5", "0,6", "*/2").map((weekday) => ({ day: "*", weekday })) },
);
const cron = fc
  .record({
    minute: minuteField,
    hour: hourField,
    days: dayFields,
    month: fc.constantFrom("*", "*", "*", "*/2", "3-11"),
  })
  .map(({ minute, hour, days: { day, weekday }, month }) => `${minute} ${hour} ${day} ${month} ${weekday}`);

const optionally = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** A plan whose bounds and exceptions lie inside the walk, and a moment inside it that is rarely a whole minute. */
function cases(zone: string, walk: readonly Minute[]) {
  const change = walk.findIndex(({ repeated, missing }) => repeated || missing.length > 0);
  const anywhere = fc.integer({ min: 0, max: walk.length - 1 });
  // Bugs live within hours of the change; a moment of three days would seldom come near.
  const near = fc.integer({ min: -150, max: 150 }).map((minutes) => Math.max(change, 150) + minutes);
  const instant = fc
    .oneof({ weight: 1, arbitrary: anywhere }, { weight: 3, arbitrary: near })
    .map((at) => walk[at]!.instant);
  const moment = fc
    .tuple(instant, fc.oneof(fc.constantFrom(0, -1, 1), fc.integer({ min: 0, max: minuteMs - 1 })))
    .map(([at, extra]) => at + extra);
  const every = fc
    .record({ minutes: fc.integer({ min: 1, max: 1500 }), phase: instant })
    .map(({ minutes, phase }) => ({ kind: "every" as const, minutes, phase }));
  const pattern = cron.map((expression) => ({ kind: "cron" as const, expression }));
  const dates = [...new Set(walk.map(({ wall }) => wall.text.slice(0, 10)))];
  const plan = fc
    .record({
      when: fc.oneof({ weight: 2, arbitrary: pattern }, { weight: 1, arbitrary: every }),
      gap: fc.constantFrom("skip" as const, "shift" as const),
      startAt: optionally(instant),
      endAt: optionally(instant),
      exceptDates: fc.oneof(
        { weight: 2, arbitrary: fc.constant<string[]>([]) },
        { weight: 1, arbitrary: fc.subarray(dates) },
      ),
    })
    .map(
      ({ startAt, endAt, ...rest }): Plan => ({
        ...rest,
        timeZone: zone,
        ...(startAt !== undefined && { startAt }),
        ...(endAt !== undefined && { endAt }),
      }),
    );
  return fc.record({ plan, moment });
}

/** Holds an answer against the walk's slots and returns these. Of an answer beyond the walk only that is known. */
function judgeNext(plan: Plan, moment: number, walk: readonly Minute[], answer: Answer): number[] {
  const { slots, skipped } = slotsOf(plan, walk);
  const expected = slots.find((slot) => slot > moment);
  const beyond = walk.at(-1)!.instant;
  if (expected === undefined) expect(answer.slot ?? Infinity).toBeGreaterThan(beyond);
  else expect(answer.slot).toBe(expected);
  const between = [...skipped]
    .filter(([at]) => at > moment && at <= (expected ?? beyond))
    .flatMap(([, texts]) => texts);
  const known = answer.skippedLocalTimes.slice(0, expected === undefined ? between.length : undefined);
  expect(known).toEqual(between);
  return slots;
}

describe.each(windows)("in %s from %s (%s)", (zone, firstDay) => {
  const walk = walkMinutes(zone, firstDay, days);

  it("finds the slots that a walk over every minute finds, forwards and backwards", () => {
    fc.assert(
      fc.property(cases(zone, walk), ({ plan, moment }) => {
        const slots = judgeNext(plan, moment, walk, nextSlot(plan, moment));
        const newest = slots.findLast((slot) => slot < moment);
        if (newest === undefined) expect(previousSlot(plan, moment) ?? -Infinity).toBeLessThan(walk[0]!.instant);
        else expect(previousSlot(plan, moment)).toBe(newest);
        const whole = walk[Math.max(0, Math.floor((moment - walk[0]!.instant) / minuteMs))]?.instant ?? moment;
        expect(isPlanned(plan, whole)).toBe(slots.includes(whole));
      }),
      { seed: 20260328, numRuns: 250 },
    );
  });

  it("goes back to where it came from", () => {
    fc.assert(
      fc.property(cases(zone, walk), ({ plan, moment }) => {
        const [first, second] = upcomingSlots(plan, moment, 2);
        if (first !== undefined) expect(previousSlot(plan, first) ?? -Infinity).toBeLessThanOrEqual(moment);
        if (first !== undefined) expect(previousSlot(plan, first + 1)).toBe(first);
        if (second !== undefined) expect(previousSlot(plan, second)).toBe(first);
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe("the walk catches", () => {
  const wrong = (zone: string, firstDay: string, next: (plan: Plan, moment: number) => Answer): boolean => {
    const walk = walkMinutes(zone, firstDay, days);
    const property = fc.property(cases(zone, walk), ({ plan, moment }) => {
      judgeNext(plan, moment, walk, next(plan, moment));
    });
    return fc.check(property, { seed: 1, numRuns: 120 }).failed;
  };

  it("nobody who is right", () => {
    expect(wrong("Europe/Berlin", "2026-10-24", nextSlot)).toBe(false);
  });

  it("a slot that fires in both passes of a repeated hour", () => {
    const twice = (plan: Plan, moment: number): Answer => {
      const answer = nextSlot(plan, moment);
      const again = nextSlot(plan, moment - 60 * minuteMs).slot;
      const second = again === null ? Infinity : again + 60 * minuteMs;
      const repeats = second >= Date.parse("2026-10-25T01:00:00Z") && second < Date.parse("2026-10-25T02:00:00Z");
      return repeats && second < (answer.slot ?? Infinity) ? { ...answer, slot: second } : answer;
    };
    expect(wrong("Europe/Berlin", "2026-10-24", twice)).toBe(true);
  });

  it("a shift by the length of the gap instead of to its end", () => {
    const shiftByGap = (plan: Plan, moment: number): Answer => {
      const answer = nextSlot(plan, moment);
      const gapEnd = Date.parse("2026-03-29T01:00:00Z");
      return plan.gap === "shift" && answer.slot === gapEnd ? { ...answer, slot: gapEnd + 30 * minuteMs } : answer;
    };
    expect(wrong("Europe/Berlin", "2026-03-28", shiftByGap)).toBe(true);
  });

  it("a silent skip", () => {
    const silent = (plan: Plan, moment: number): Answer => ({ ...nextSlot(plan, moment), skippedLocalTimes: [] });
    expect(wrong("Europe/Berlin", "2026-03-28", silent)).toBe(true);
  });

  it("croner's own rules for zones, which differ from ours", () => {
    const croners = (plan: Plan, moment: number): Answer => {
      if (plan.when.kind !== "cron" || plan.startAt || plan.endAt || plan.exceptDates.length > 0)
        return nextSlot(plan, moment);
      const cron = new Cron(plan.when.expression, { mode: "5-part", timezone: plan.timeZone });
      return { ...nextSlot(plan, moment), slot: cron.nextRun(new Date(moment))?.getTime() ?? null };
    };
    expect(wrong("Europe/Berlin", "2026-10-24", croners)).toBe(true);
  });
});
