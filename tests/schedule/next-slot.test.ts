import { describe, expect, it } from "vitest";
import { isPlanned, nextSlot, previousSlot, upcomingSlots } from "../../shared/schedule/next-slot.ts";
import type { Plan } from "../../shared/schedule/plan.ts";

const at = (iso: string): number => Date.parse(iso);
const iso = (slots: readonly number[]): string[] => slots.map((slot) => new Date(slot).toISOString().slice(0, 16));

const plan = (expression: string, more: Partial<Plan> = {}): Plan => ({
  when: { kind: "cron", expression },
  timeZone: "Europe/Berlin",
  gap: "skip",
  exceptDates: [],
  ...more,
});
const every = (minutes: number, phase: string, more: Partial<Plan> = {}): Plan =>
  plan("", { when: { kind: "every", minutes, phase: at(phase) }, timeZone: "UTC", ...more });
const once = (instant: string, more: Partial<Plan> = {}): Plan =>
  plan("", { when: { kind: "once", at: at(instant) }, ...more });

describe("a local time that daylight saving time leaves out", () => {
  it("is skipped, and the answer says so", () => {
    expect(nextSlot(plan("30 2 * * *"), at("2026-03-28T12:00Z"))).toEqual({
      slot: at("2026-03-30T00:30Z"),
      skippedLocalTimes: ["2026-03-29T02:30"],
    });
  });

  it("moves to the first valid instant with gap shift, not by the length of the gap", () => {
    expect(nextSlot(plan("30 2 * * *", { gap: "shift" }), at("2026-03-28T12:00Z"))).toEqual({
      slot: at("2026-03-29T01:00Z"),
      skippedLocalTimes: [],
    });
  });

  it("gives one slot when several fall into the gap or one already fires at its end", () => {
    const shifted = plan("0,20,40 2,3 * * *", { gap: "shift" });
    expect(iso(upcomingSlots(shifted, at("2026-03-29T00:00Z"), 3))).toEqual([
      "2026-03-29T01:00",
      "2026-03-29T01:20",
      "2026-03-29T01:40",
    ]);
  });

  it("is reported once: not after the gap, not before start_at, not on an excepted date", () => {
    const skips = (more: Partial<Plan>, after: string) =>
      nextSlot(plan("30 2 * * *", more), at(after)).skippedLocalTimes;
    expect(skips({}, "2026-03-29T00:59:59Z")).toEqual(["2026-03-29T02:30"]);
    expect(skips({}, "2026-03-29T01:00Z")).toEqual([]);
    expect(skips({ startAt: at("2026-03-29T01:01Z") }, "2026-03-28T12:00Z")).toEqual([]);
    expect(skips({ exceptDates: ["2026-03-29"] }, "2026-03-28T12:00Z")).toEqual([]);
  });

  it("may be a whole day: Samoa had no 30 December 2011", () => {
    const daily = (gap: Plan["gap"]) => plan("0 8 * * *", { timeZone: "Pacific/Apia", gap });
    const after = at("2011-12-29T12:00:00-10:00");
    expect(nextSlot(daily("skip"), after)).toEqual({
      slot: at("2011-12-31T08:00:00+14:00"),
      skippedLocalTimes: ["2011-12-30T08:00"],
    });
    expect(iso(upcomingSlots(daily("shift"), after, 2))).toEqual(["2011-12-30T10:00", "2011-12-30T18:00"]);
  });

  it("ends the search when every slot of the pattern is one", () => {
    const { slot, skippedLocalTimes } = nextSlot(plan("30 2 * 3 SUNL"), at("2026-01-01T00:00Z"));
    expect(slot).toBeNull();
    expect(skippedLocalTimes[0]).toBe("2026-03-29T02:30");
  });
});

describe("a local time that happens twice", () => {
  it("fires once, the first time", () => {
    expect(iso(upcomingSlots(plan("30 2 * * *"), at("2026-10-24T12:00Z"), 2))).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
  });

  it("does not fire again for somebody who asks during the second pass", () => {
    expect(iso(upcomingSlots(plan("*/30 * * * *"), at("2026-10-25T01:10Z"), 2))).toEqual([
      "2026-10-25T02:00",
      "2026-10-25T02:30",
    ]);
    expect(isPlanned(plan("30 2 * * *"), at("2026-10-25T01:30Z"))).toBe(false);
  });

  it("is found from the second pass when it is the newest", () => {
    expect(previousSlot(plan("45 2 * * *"), at("2026-10-25T01:10Z"))).toBe(at("2026-10-25T00:45Z"));
  });
});

describe("every so many minutes", () => {
  it("is elapsed time, whatever the clocks on the wall do", () => {
    const sixHours = every(360, "2026-03-28T20:00Z", { timeZone: "Europe/Berlin" });
    expect(iso(upcomingSlots(sixHours, at("2026-03-28T19:00Z"), 3))).toEqual([
      "2026-03-28T20:00",
      "2026-03-29T02:00",
      "2026-03-29T08:00",
    ]);
  });

  it("has its phase as first slot and nothing before it", () => {
    const hourly = every(60, "2026-05-01T10:00Z");
    expect(nextSlot(hourly, at("2020-01-01T00:00Z")).slot).toBe(at("2026-05-01T10:00Z"));
    expect(nextSlot(hourly, at("2026-05-01T10:00Z")).slot).toBe(at("2026-05-01T11:00Z"));
    expect(previousSlot(hourly, at("2026-05-01T10:00Z"))).toBeNull();
  });

  it("loses nothing around an excepted date of 23 hours", () => {
    const excepted = every(30, "2026-01-01T00:00Z", { timeZone: "Europe/Berlin", exceptDates: ["2026-03-29"] });
    expect(nextSlot(excepted, at("2026-03-28T22:30Z")).slot).toBe(at("2026-03-29T22:00Z"));
    expect(previousSlot(excepted, at("2026-03-29T22:00Z"))).toBe(at("2026-03-28T22:30Z"));
  });

  it("steps over excepted dates in strides of a day, and so does cron", () => {
    // Three years of minutes: one at a time they would outlast the test's time limit.
    const dates = Array.from({ length: 3 * 365 }, (_, day) =>
      new Date(at("2026-02-01T00:00Z") + day * 24 * 3_600_000).toISOString().slice(0, 10),
    );
    const minutely = every(1, "2026-01-01T00:00Z", { exceptDates: dates });
    expect(nextSlot(minutely, at("2026-01-31T23:59Z")).slot).toBe(at("2029-01-31T00:00Z"));
    expect(previousSlot(minutely, at("2029-01-31T00:00Z"))).toBe(at("2026-01-31T23:59Z"));
    const cron = plan("* * * * *", { timeZone: "UTC", exceptDates: dates });
    expect(nextSlot(cron, at("2026-01-31T23:59Z")).slot).toBe(at("2029-01-31T00:00Z"));
    expect(previousSlot(cron, at("2029-01-31T00:00Z"))).toBe(at("2026-01-31T23:59Z"));
  });
});

describe("once", () => {
  it("has exactly one slot", () => {
    const plan = once("2026-12-01T07:00Z");
    expect(upcomingSlots(plan, at("2026-01-01T00:00Z"), 5)).toEqual([at("2026-12-01T07:00Z")]);
    expect(nextSlot(plan, at("2026-12-01T07:00Z")).slot).toBeNull();
    expect(previousSlot(plan, at("2026-12-01T07:00Z"))).toBeNull();
    expect(previousSlot(plan, at("2026-12-01T07:00:01Z"))).toBe(at("2026-12-01T07:00Z"));
  });

  it.each([
    [{ endAt: at("2026-12-01T06:59Z") }],
    [{ startAt: at("2026-12-01T07:01Z") }],
    [{ exceptDates: ["2026-12-01"] }],
  ])("has none outside its bounds: %o", (bounds) => {
    expect(nextSlot(once("2026-12-01T07:00Z", bounds), 0).slot).toBeNull();
  });
});

describe("bounds", () => {
  const bounded = plan("0 8 * * *", { startAt: at("2026-05-02T06:00Z"), endAt: at("2026-05-04T06:00Z") });

  it("include start and end", () => {
    expect(iso(upcomingSlots(bounded, at("2026-01-01T00:00Z"), 9))).toEqual([
      "2026-05-02T06:00",
      "2026-05-03T06:00",
      "2026-05-04T06:00",
    ]);
    expect(previousSlot(bounded, at("2030-01-01T00:00Z"))).toBe(at("2026-05-04T06:00Z"));
    expect(previousSlot(bounded, at("2026-05-02T06:00Z"))).toBeNull();
  });

  it("leave a shifted slot out when the gap ends after end_at", () => {
    const ended = plan("30 2 * * *", { gap: "shift", endAt: at("2026-03-29T00:59Z") });
    expect(nextSlot(ended, at("2026-03-28T12:00Z")).slot).toBeNull();
  });
});

describe("what croner reads beyond plain numbers", () => {
  it.each([
    ["0 8 L * *", ["2026-03-31", "2026-04-30"]],
    ["0 8 15,L * *", ["2026-03-15", "2026-03-31"]],
    ["0 8 15W * *", ["2026-03-16", "2026-04-15"]],
    ["0 8 LW * *", ["2026-03-31", "2026-04-30"]],
    ["0 8 * * FRI#2", ["2026-03-13", "2026-04-10"]],
    ["0 8 * * FRIL", ["2026-03-27", "2026-04-24"]],
    ["0 8 * * 7", ["2026-03-01", "2026-03-08"]],
    ["0 8 29 2 *", ["2028-02-29", "2032-02-29"]],
  ])("%s", (expression, days) => {
    const slots = upcomingSlots(plan(expression, { timeZone: "UTC" }), at("2026-03-01T00:00Z"), 2);
    expect(iso(slots)).toEqual(days.map((day) => `${day}T08:00`));
    expect(previousSlot(plan(expression, { timeZone: "UTC" }), slots[1]!)).toBe(slots[0]);
  });
});

it("finds the newest slot after an outage of years without walking through it", () => {
  expect(previousSlot(plan("* * * * *", { startAt: at("2000-01-01T00:00Z") }), at("2040-05-01T00:00:30Z"))).toBe(
    at("2040-05-01T00:00Z"),
  );
});
