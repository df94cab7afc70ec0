import { describe, expect, it } from "vitest";
import type { Plan } from "../../shared/schedule/plan.ts";
import { acceptedSlots, backfillSlots, readBackfillRange } from "../../shared/schedule/read-backfill.ts";

const at = (iso: string): number => Date.parse(iso);
const now = at("2026-11-20T09:00:00Z");
const plan = (change: Partial<Plan> = {}): Plan => ({
  when: { kind: "cron", expression: "0 8 * * *" },
  timeZone: "Europe/Berlin",
  gap: "skip",
  exceptDates: [],
  ...change,
});
const everyMinute = plan({ when: { kind: "every", minutes: 1, phase: at("2026-01-01T00:00:00Z") } });

const slotsOf = (from: string, to: string, of = plan()) => {
  const range = readBackfillRange(from, to, of);
  if (range === undefined) throw new Error("No range.");
  return backfillSlots(of, range, now).map((slot) => new Date(slot).toISOString().slice(0, 16));
};

describe("a range to run again", () => {
  it.each<[string, string, string, string[]]>([
    ["local to the plan's zone", "2026-11-18T08:00", "2026-11-19T08:00", ["2026-11-18T07:00", "2026-11-19T07:00"]],
    ["with an offset", "2026-11-18T07:00Z", "2026-11-18T09:00+02:00", ["2026-11-18T07:00"]],
    ["a single moment", "2026-11-18T08:00", "2026-11-18T08:00", ["2026-11-18T07:00"]],
    ["over a change of the clocks", "2026-10-24T00:00", "2026-10-25T23:00", ["2026-10-24T06:00", "2026-10-25T07:00"]],
    ["that goes on into the future", "2026-11-20T00:00", "2026-12-31T00:00", ["2026-11-20T07:00"]],
  ])("%s", (_what, from, to, slots) => {
    expect(slotsOf(from, to)).toEqual(slots);
  });

  it("is none when no end is named", () => {
    expect(readBackfillRange(undefined, undefined, plan())).toBeUndefined();
  });

  it("leaves out what the plan leaves out", () => {
    const bounded = plan({
      exceptDates: ["2026-11-18"],
      startAt: at("2026-11-17T00:00Z"),
      endAt: at("2026-11-19T12:00Z"),
    });
    expect(slotsOf("2026-11-01T00:00", "2026-11-20T09:00", bounded)).toEqual(["2026-11-17T07:00", "2026-11-19T07:00"]);
  });

  it("takes a hundred moments and no more", () => {
    expect(slotsOf("2026-11-19T00:00", "2026-11-19T01:39", everyMinute)).toHaveLength(100);
  });

  it.each<[string, string | undefined, string | undefined, Plan, string, RegExp]>([
    ["without its end", "2026-11-18T08:00", undefined, plan(), "backfill_to", /Pass both.*or neither/],
    ["without its beginning", undefined, "2026-11-18T08:00", plan(), "backfill_from", /Pass both/],
    ["the wrong way round", "2026-11-19T08:00", "2026-11-18T08:00", plan(), "backfill_to", /lies before backfill_from/],
    ["that is no time", "last week", "2026-11-18T08:00", plan(), "backfill_from", /2026-12-01T08:00/],
    ["in the future", "2026-12-01T08:00", "2026-12-02T08:00", plan(), "backfill_from", /in the future.*by itself/],
    ["before all numbers", "1950-01-01T00:00", "2026-11-18T08:00", plan(), "backfill_from", /1970/],
    [
      "between two moments",
      "2026-11-18T09:00",
      "2026-11-19T07:00",
      plan(),
      "backfill_to",
      /Nothing was planned.*Wednesday 2026-11-18 08:00.*Thursday 2026-11-19 08:00.*At 08:00/,
    ],
    [
      "of 101 moments",
      "2026-11-19T00:00",
      "2026-11-19T01:40",
      everyMinute,
      "backfill_to",
      /holds 101 planned.*end at Thursday 2026-11-19 01:39.*go on from Thursday 2026-11-19 01:40/,
    ],
    ["of 1000 moments", "2026-11-19T00:00", "2026-11-19T16:39", everyMinute, "backfill_to", /holds 1000 planned/],
    ["of a year of minutes", "2026-01-02T00:00", "2026-11-19T00:00", everyMinute, "backfill_to", /more than 1000/],
  ])("%s is refused, with what to do", (_what, from, to, of, field, advice) => {
    const reading = () => backfillSlots(of, readBackfillRange(from, to, of)!, now);
    expect(reading).toThrow(advice);
    expect(reading).toThrow(
      expect.objectContaining({ code: "VALIDATION_ERROR", details: expect.objectContaining({ field }) }),
    );
  });

  it("that was accepted before is read without a complaint, whatever the plan is by now", () => {
    const range = { from: at("2026-11-18T09:00Z"), through: at("2026-11-18T10:00Z") };
    expect(acceptedSlots(plan(), range, now)).toEqual([]);
    expect(acceptedSlots(everyMinute, range, now)).toHaveLength(61);
  });
});
