import type { Instant } from "../kernel/clock.ts";
import type { Schedule } from "./schedule.ts";

/**
 * The slot for which an external Scheduler is to call back: the next one, unless it lies so near that the app itself has
 * dispatched it or is about to.
 */
export function slotToArm({ status, next, armed }: Schedule, now: Instant, lookAheadMs: number): Instant | undefined {
  if (status !== "active" || next === null) return undefined;
  return next === armed?.slot || next > now + lookAheadMs ? next : undefined;
}

/** The callback that was owed has come. */
export function calledBack(schedule: Schedule, slot: Instant | undefined): Schedule {
  if (slot === undefined || schedule.armed?.slot !== slot) return schedule;
  const { armed: _armed, ...rest } = schedule;
  return rest;
}
