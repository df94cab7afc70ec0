import { describe, expect, it } from "vitest";
import type { TimingInput } from "../../shared/schedule/read-timing.ts";
import { readPlan } from "../../shared/schedule/read-timing.ts";
import { runsPerMonth } from "../../shared/schedule/runs-per-month.ts";

const now = Date.parse("2026-12-01T07:00:00Z");

describe("the runs of the next 30 days", () => {
  it.each<[string, TimingInput, number]>([
    ["one single time", { run_at: "2026-12-02T08:00:00Z" }, 1],
    ["a single time that is further away", { run_at: "2027-03-01T08:00:00Z" }, 0],
    ["each day", { cron: "0 8 * * *", time_zone: "Europe/Berlin" }, 30],
    ["each working day", { cron: "0 8 * * MON-FRI", time_zone: "Europe/Berlin" }, 22],
    ["each hour, until an end", { every_minutes: 60, end_at: "2026-12-01T17:00:00Z" }, 10],
  ])("of %s are counted", (_name, timing, runs) => {
    expect(runsPerMonth(readPlan(timing, now, { minimumIntervalSeconds: 60 }), now)).toBe(runs);
  });

  it.each<[TimingInput, number]>([
    [{ every_minutes: 1 }, 43_200],
    [{ cron: "*/5 * * * *", time_zone: "UTC" }, 8640],
    [{ cron: "* 9 * * *", time_zone: "UTC" }, 1800],
  ])("of %j are more than a thousand, and estimated within a tenth", (timing, runs) => {
    const estimate = runsPerMonth(readPlan(timing, now, { minimumIntervalSeconds: 60 }), now);
    expect(Math.abs(estimate - runs) / runs).toBeLessThan(0.1);
  });
});
