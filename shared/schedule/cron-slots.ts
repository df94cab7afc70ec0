import type { Instant } from "../kernel/clock.ts";
import { cronPattern } from "./cron-pattern.ts";
import { isExcepted } from "./excepted.ts";
import { dayMs, floorToDay, type LocalTime, localText, occurrenceOf, toLocalTime } from "./local-time.ts";
import type { Plan } from "./plan.ts";

export interface NextSlot {
  readonly slot: Instant | null;
  /** Local times that a daylight saving gap left out between `after` and the slot, `2026-03-29T02:30`. */
  readonly skippedLocalTimes: string[];
}

/**
 * First slot after `after` and not after endAt. Walks the pattern over wall-clock times: what comes later on the wall
 * never happens earlier for the first time, so the first match that happens after `after` is the slot.
 */
export function nextCronSlot(plan: Plan, expression: string, after: Instant): NextSlot {
  const pattern = cronPattern(expression);
  const skippedLocalTimes: string[] = [];
  for (let local = pattern.next(toLocalTime(after, plan.timeZone)); local !== null; local = pattern.next(local)) {
    const { instant, fires, shown } = readMatch(plan, local);
    if (instant > (plan.endAt ?? Infinity)) break;
    // `after` lies in the second pass of a repeated hour, and this time already happened in the first.
    if (instant <= after) continue;
    if (isExcepted(plan, shown)) local = floorToDay(shown) + dayMs - 1;
    else if (fires) return { slot: instant, skippedLocalTimes };
    else skippedLocalTimes.push(localText(local));
  }
  return { slot: null, skippedLocalTimes };
}

/** Newest slot before `before` and not before startAt; the same walk backwards. */
export function previousCronSlot(plan: Plan, expression: string, before: Instant): Instant | null {
  const pattern = cronPattern(expression);
  const reach = wallReach(before, plan.timeZone);
  for (let local = pattern.previous(reach); local !== null; local = pattern.previous(local)) {
    const { instant, fires, shown } = readMatch(plan, local);
    if (instant < (plan.startAt ?? -Infinity)) break;
    if (instant >= before) continue;
    if (isExcepted(plan, shown)) local = floorToDay(local);
    else if (fires) return instant;
  }
  return null;
}

/** A match of the pattern under the plan's gap policy. `shown` is what the wall shows when it fires or would have. */
function readMatch(plan: Plan, local: LocalTime): { instant: Instant; fires: boolean; shown: LocalTime } {
  const { instant, exists } = occurrenceOf(local, plan.timeZone);
  if (exists || plan.gap === "skip") return { instant, fires: exists, shown: local };
  return { instant, fires: true, shown: toLocalTime(instant, plan.timeZone) };
}

/** Nothing that the wall showed before `before` lies beyond this: in the second pass of a repeated hour it showed more. */
function wallReach(before: Instant, timeZone: string): LocalTime {
  const local = toLocalTime(before, timeZone);
  return local + (before - occurrenceOf(local, timeZone).instant);
}
