import { hourMs, type Instant, minuteMs } from "../kernel/clock.ts";
import { clockChanges, dayMs } from "./local-time.ts";
import { upcomingSlots } from "./next-slot.ts";
import type { Plan } from "./plan.ts";

/** A pattern of five fields repeats the hours of a day, so that a few days show its closest slots. */
const sampledSlots = 1000;

/** Enough to reach over the hour or two that a change of the clocks takes or gives, minute by minute. */
const sampledAtChange = 200;

/**
 * The shortest time between two slots of the plan after `now`, in milliseconds; Infinity when it has but one. Changes
 * of the clocks within a year are looked at too: they bring local times closer together. Up to 100 ms.
 */
export function closestInterval(plan: Plan, now: Instant): number {
  const { when } = plan;
  if (when.kind === "once") return Infinity;
  if (when.kind === "every") return when.minutes * minuteMs;
  const changes = [...clockChanges(plan.timeZone, now, now + 366 * dayMs)].map(({ at }) =>
    upcomingSlots(plan, Math.max(now, at - hourMs) - 1, sampledAtChange),
  );
  return Math.min(...[upcomingSlots(plan, now, sampledSlots), ...changes].map(closestOf));
}

/** A pattern fires at most 60 times in an hour, and its hours are alike. */
const slotsOfAnHour = 61;

/** The same as closestInterval but for what a change of the clocks may do, and in a tenth of the time. */
export const usualInterval = (plan: Plan, now: Instant): number =>
  plan.when.kind === "every" ? plan.when.minutes * minuteMs : closestOf(upcomingSlots(plan, now, slotsOfAnHour));

const closestOf = (slots: readonly Instant[]): number =>
  slots.reduce((closest, slot, index) => Math.min(closest, slot - (slots[index - 1] ?? -Infinity)), Infinity);
