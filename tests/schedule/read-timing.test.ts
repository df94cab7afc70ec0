import { describe, expect, it } from "vitest";
import { upcomingSlots } from "../../shared/schedule/next-slot.ts";
import type { TimingInput } from "../../shared/schedule/read-timing.ts";
import { berlin, daily, expectRefused, now, type Refusal, read, refusal } from "./timing.ts";

const at = (iso: string): number => Date.parse(iso);

describe("reads", () => {
  it.each<[string, TimingInput, string, string]>([
    ["local", { run_at: "2026-12-01T08:00", ...berlin }, "2026-12-01T07:00Z", "Europe/Berlin"],
    [
      "local with a space and seconds",
      { run_at: "2026-12-01 08:00:15", ...berlin },
      "2026-12-01T07:00:15Z",
      "Europe/Berlin",
    ],
    ["Z, no zone", { run_at: "2026-12-01T08:00Z" }, "2026-12-01T08:00Z", "UTC"],
    ["an offset, no zone", { run_at: "2026-12-01T08:00-03:30" }, "2026-12-01T11:30Z", "UTC"],
    ["an offset without colon", { run_at: "2026-12-01T08:00+0100" }, "2026-12-01T07:00Z", "UTC"],
    ["an offset in a zone", { run_at: "2026-12-01T08:00Z", ...berlin }, "2026-12-01T08:00Z", "Europe/Berlin"],
    ["fractions of a second, cut off", { run_at: "2026-12-01T08:00:00.900Z" }, "2026-12-01T08:00Z", "UTC"],
    [
      "a time that happens twice: the first",
      { run_at: "2026-10-25T02:30", ...berlin },
      "2026-10-25T00:30Z",
      "Europe/Berlin",
    ],
  ])("run_at: %s", (_, input, instant, timeZone) => {
    expect(read(input)).toMatchObject({ when: { kind: "once", at: at(instant) }, timeZone });
  });

  it("every_minutes from now, so that the first run is one interval away", () => {
    const plan = read({ every_minutes: 360 });
    expect(plan).toMatchObject({
      when: { kind: "every", minutes: 360, phase: at("2026-03-01T10:00:30Z") },
      timeZone: "UTC",
    });
    expect(upcomingSlots(plan, now, 1)).toEqual([at("2026-03-01T16:00:30Z")]);
  });

  it("every_minutes from start_at, which is the first run", () => {
    const plan = read({ every_minutes: 360, start_at: "2026-03-02T08:00", ...berlin });
    expect(upcomingSlots(plan, now, 2)).toEqual([at("2026-03-02T07:00Z"), at("2026-03-02T13:00Z")]);
  });

  it("bounds, gap and excepted dates", () => {
    const bounds = { start_at: "2026-04-01T00:00", end_at: "2026-12-31T23:59:59+01:00", gap: "shift" };
    expect(read({ ...daily, ...bounds, except_dates: ["2026-12-25", "2026-12-24", "2026-12-25"] })).toMatchObject({
      startAt: at("2026-03-31T22:00Z"),
      endAt: at("2026-12-31T22:59:59Z"),
      gap: "shift",
      exceptDates: ["2026-12-24", "2026-12-25"],
    });
  });
});

describe("refuses, and says what to do", () => {
  it.each<Refusal>([
    ["nothing", {}, "cron", ["exactly one of cron", "run_at", "every_minutes"]],
    ["two kinds", { ...daily, run_at: "2026-12-01T08:00" }, "run_at", ["cron and run_at", "Pass exactly one"]],
    [
      "three kinds",
      { ...daily, run_at: "x", every_minutes: 5 },
      "every_minutes",
      ["cron and run_at and every_minutes"],
    ],

    ["words as run_at", { run_at: "tomorrow at 8", ...berlin }, "run_at", ['Write it as "2026-12-01T08:00"']],
    [
      "a date that is none",
      { run_at: "2026-02-30T08:00", ...berlin },
      "run_at",
      ["not a time of the calendar", "Write it as"],
    ],
    ["hour 25", { run_at: "2026-12-01T25:00", ...berlin }, "run_at", ["Write it as"]],
    ["an offset of 20 hours", { run_at: "2026-12-01T08:00+20:00" }, "run_at", ["Write it as"]],
    [
      "a date without time",
      { run_at: "2026-12-01", ...berlin },
      "run_at",
      ["Say the time of day too", "2026-12-01T08:00"],
    ],
    [
      "run_at in a gap",
      { run_at: "2026-03-29T02:30", ...berlin },
      "run_at",
      ["does not exist in Europe/Berlin", "2026-03-29T01:59 or earlier", "2026-03-29T03:00 or later"],
    ],
    [
      "run_at in the past",
      { run_at: "2026-02-01T08:00", ...berlin },
      "run_at",
      [
        "Sunday 2026-02-01 08:00 Europe/Berlin",
        "it is now Sunday 2026-03-01 11:00:30 Europe/Berlin",
        "Pass a later run_at",
      ],
    ],

    ["no minutes", { every_minutes: 0 }, "every_minutes", ["whole number from 1"]],
    ["half a minute", { every_minutes: 0.5 }, "every_minutes", ["whole number from 1"]],
    ["not a number", { every_minutes: Number.NaN }, "every_minutes", ["whole number from 1"]],
    ["more than a year", { every_minutes: 525_601 }, "every_minutes", ["to 525600 (a year)"]],

    ["start_at that is none", { ...daily, start_at: "soon" }, "policies.start_at", ["Write it as"]],
    [
      "start_at in a gap",
      { ...daily, start_at: "2026-03-29T02:30" },
      "policies.start_at",
      ["does not exist", "or later"],
    ],
    ["end_at that is a date", { ...daily, end_at: "2026-12-31" }, "policies.end_at", ["Say the time of day too"]],
    [
      "end_at in the past",
      { ...daily, end_at: "2026-02-01T08:00" },
      "policies.end_at",
      ["already past", "it is now", "Pass a later end_at"],
    ],
    [
      "end before start",
      { ...daily, start_at: "2026-05-02T00:00", end_at: "2026-05-01T00:00" },
      "policies.end_at",
      ["before start_at", "Pass an end_at after"],
    ],
    [
      "no slot in the window",
      { ...daily, start_at: "2026-05-01T09:00", end_at: "2026-05-02T07:00" },
      "policies.end_at",
      ["never run", "start_at Friday 2026-05-01 09:00", "Widen"],
    ],
    [
      "run_at after end_at",
      { run_at: "2026-05-01T09:00Z", end_at: "2026-04-01T09:00Z" },
      "policies.end_at",
      ["never run", "Widen"],
    ],
    [
      "run_at on an excepted date",
      { run_at: "2026-12-24T09:00", ...berlin, except_dates: ["2026-12-24"] },
      "policies.except_dates",
      ["never run", "outside except_dates", "Widen"],
    ],
    [
      "only times in gaps",
      { ...daily, cron: "30 2 * 3 SUNL" },
      "policies.gap",
      ["daylight saving time leaves out", 'Pass gap "shift"'],
    ],
    [
      "except_dates that is none",
      { ...daily, except_dates: ["2026-12-24", "2026-02-30"] },
      "policies.except_dates",
      ['"2026-02-30"', 'Write it as "2026-12-24"'],
    ],
    [
      "except_dates of another form",
      { ...daily, except_dates: ["24.12.2026"] },
      "policies.except_dates",
      ["Write it as"],
    ],
    ["an unknown gap", { ...daily, gap: "jump" }, "policies.gap", ['Pass "skip"', '"shift"']],
  ])("%s", (_, input, field, words) => expectRefused(input, field, words));

  it.each<[string, TimingInput, seconds: number, field: string]>([
    ["every_minutes below the minimum", { every_minutes: 14 }, 900, "every_minutes"],
    ["cron within the hour", { ...daily, cron: "0,10 8 * * *" }, 900, "cron"],
    ["cron over the hour", { ...daily, cron: "5,55 8,9 * * *" }, 900, "cron"],
    ["cron over midnight", { ...daily, cron: "2,58 0,23 * * *" }, 900, "cron"],
  ])("%s", (_, input, seconds, field) => {
    const { message, details } = refusal(input, seconds);
    expect(message).toMatch(/at least 15 minutes must lie between them\. Choose times further apart/);
    expect(details).toMatchObject({ field });
  });

  it("accepts what keeps the minimum interval to the second", () => {
    expect(read({ every_minutes: 15 }, 900).when.kind).toBe("every");
    expect(read({ ...daily, cron: "*/15 * * * *" }, 900).when.kind).toBe("cron");
    expect(read({ ...daily, cron: "* * * * *" }, 60).when.kind).toBe("cron");
  });
});
