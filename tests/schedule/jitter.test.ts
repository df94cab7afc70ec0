import { describe, expect, it } from "vitest";
import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { decideDue } from "../../shared/schedule/due.ts";
import { checkJitter, jittered, startOf } from "../../shared/schedule/jitter.ts";
import { readPlan, type TimingInput } from "../../shared/schedule/read-timing.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";
import { sampleId } from "../support/sample-records.ts";

const slot = openSlot(0);
const withJitter = (jitterSeconds: number, id = sampleId(1)) => openSchedule({ jitterSeconds }, { id });
const delaySeconds = (schedule: ReturnType<typeof withJitter>, at = slot) => (jittered(schedule, at) - at) / secondMs;

describe("jitter", () => {
  it("is nothing unless it is asked for", () => {
    expect(jittered(openSchedule({}), slot)).toBe(slot);
    expect(jittered(withJitter(0), slot)).toBe(slot);
  });

  it("is the same on every machine: these delays are written down", () => {
    expect([0, 1, 2, 3].map((number) => delaySeconds(withJitter(300), openSlot(number)))).toEqual(writtenDown);
  });

  it("takes every whole second from 0 to jitter_seconds, about equally often", () => {
    const delays = Array.from({ length: 5000 }, (_, number) => delaySeconds(withJitter(4), openSlot(number)));
    const counts = [0, 1, 2, 3, 4].map((seconds) => delays.filter((delay) => delay === seconds).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(5000);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("spreads schedules that share a slot", () => {
    const delays = Array.from({ length: 100 }, (_, number) => delaySeconds(withJitter(3600, sampleId(number))));
    expect(new Set(delays).size).toBeGreaterThan(90);
  });

  it("moves planned and catch-up runs only", () => {
    const schedule = withJitter(300);
    const starts = (["planned", "catchup", "manual", "backfill"] as const).map((kind) =>
      startOf(schedule, openRun({ kind })),
    );
    expect(starts).toEqual([jittered(schedule, slot), jittered(schedule, slot), slot, slot]);
  });
});

/** 0 to 300 seconds for four slots in a row. A change here moves the runs of schedules that exist. */
const writtenDown = [28, 254, 62, 46];

describe("a jitter that could reach the next slot is refused", () => {
  const now = Date.parse("2026-03-01T10:00:00Z");
  const berlin = { time_zone: "Europe/Berlin" };
  const check = (input: TimingInput, seconds: number) =>
    checkJitter(readPlan(input, now, { minimumIntervalSeconds: 60 }), seconds, now);

  it.each<[string, TimingInput, number]>([
    ["every 5 minutes", { every_minutes: 5 }, 300],
    ["every minute of a cron pattern", { cron: "* * * * *", ...berlin }, 60],
    ["uneven minutes", { cron: "*/7 * * * *", ...berlin }, 4 * 60],
    ["the turn of a day", { cron: "0,50 0,23 * * *", ...berlin }, 10 * 60],
    ["hours that daylight saving time brings together", { cron: "0 1,3 * * *", ...berlin }, 3600],
    ["a shifted time just before another", { cron: "5,30 2,3 * * *", ...berlin, gap: "shift" }, 5 * 60],
  ])("%s", (_, input, closest) => {
    expect(() => check(input, closest)).toThrow(`Pass 0 to ${closest - 1}.`);
    expect(() => check(input, closest - 1)).not.toThrow();
  });

  it("but a single run may have any", () => {
    expect(() => check({ run_at: "2026-12-01T08:00", ...berlin }, 3600)).not.toThrow();
    expect(() => check({ every_minutes: 1, end_at: "2026-03-01T10:05Z" }, 0)).not.toThrow();
  });
});

describe("lateness counts from the jittered start", () => {
  const schedule = openSchedule({ jitterSeconds: 599, catchUp: "none" }, { next: slot });
  const start = jittered(schedule, slot);

  it("so a run whose start is still to come is not missed", () => {
    expect(start - slot).toBeGreaterThan(5 * secondMs);
    expect(decideDue(schedule, start + 5 * minuteMs, 0)).toMatchObject({ kind: "run", runKind: "planned" });
    expect(decideDue(schedule, start + 5 * minuteMs + 1, 0)).toEqual({ kind: "missed", through: slot });
  });

  it("and a missed range ends before the slot whose start is not late", () => {
    const last = openSlot(6);
    const now = jittered(schedule, last) + 5 * minuteMs;
    expect(decideDue(schedule, now, 0)).toEqual({ kind: "missed", through: openSlot(5) });
    expect(decideDue(schedule, now + 1, 0)).toEqual({ kind: "missed", through: last });
  });

  it("while a slot is looked for by its own time", () => {
    expect(decideDue(schedule, slot - hourMs, hourMs)).toMatchObject({ kind: "run" });
    expect(decideDue(schedule, slot - hourMs - 1, hourMs)).toEqual({ kind: "not_yet" });
  });
});
