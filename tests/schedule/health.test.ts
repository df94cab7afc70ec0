import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { healthOf, type Started } from "../../shared/schedule/health.ts";
import { jittered } from "../../shared/schedule/jitter.ts";
import { defaultPolicies } from "../../shared/schedule/policies.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";

const hour = 60 * minuteMs;
const slot = openSlot(1);
const begun = (lateMs: number): Started => ({ slot: openSlot(0), startedAt: openSlot(0) + lateMs });

describe("the health of a schedule", () => {
  it.each<[string, Partial<Schedule>, Started | undefined, number, string, RegExp]>([
    ["that has not run yet", {}, undefined, -minuteMs, "on_time", /not run yet/],
    ["whose runs begin in time", { finished: 1 }, begun(minuteMs), -minuteMs, "on_time", /Nothing to do/],
    ["whose newest run began late", { finished: 1 }, begun(61 * secondMs), 0, "late", /began 61 seconds late.*asleep/],
    ["whose newest run began very late", {}, begun(7 * minuteMs), 0, "late", /7 minutes late/],
    ["whose slot is a little overdue", {}, undefined, 5 * minuteMs, "on_time", /./],
    ["whose slot is overdue", {}, undefined, 5 * minuteMs + 1, "silent", /2026.*is overdue.*\/health\/ready/],
    ["that is overdue and was late", {}, begun(2 * minuteMs), hour, "silent", /overdue/],
    ["that waits for its own runs", { open: Array(200).fill(openRun({})) }, undefined, hour, "silent", /cancel_run/],
    ["with one failure", { failures: 1 }, begun(0), 0, "failing", /^1 run has failed.*get_run/],
    ["with failures, overdue and late", { failures: 3 }, begun(hour), hour, "failing", /^3 runs have failed/],
    ["that failures have paused", { failures: 10, status: "paused" }, begun(0), 0, "failing", /paused.*resume it/],
    ["that is paused, with slots owed", { status: "paused" }, undefined, hour, "on_time", /Resume it/],
    ["that is completed", { status: "completed", next: null }, begun(0), hour, "on_time", /completed/],
  ])("%s", (_what, change, started, sinceSlotMs, state, why) => {
    const health = healthOf(openSchedule({}, change), started, slot + sinceSlotMs);
    expect(health).toEqual({ state, why: expect.stringMatching(why) });
  });

  it("does not take jitter for lateness", () => {
    const schedule = openSchedule({ ...defaultPolicies, jitterSeconds: 599 });
    const startedAt = jittered(schedule, openSlot(0)) + 60 * secondMs;
    expect(healthOf(schedule, { slot: openSlot(0), startedAt }, slot).state).toBe("on_time");
    expect(healthOf(schedule, { slot: openSlot(0), startedAt: startedAt + 1 }, slot).state).toBe("late");
    const overdue = jittered(schedule, slot) + 5 * minuteMs;
    expect(healthOf(schedule, undefined, overdue).state).toBe("on_time");
    expect(healthOf(schedule, undefined, overdue + 1).state).toBe("silent");
  });
});
