import type { Instant } from "../kernel/clock.ts";
import { cronPattern } from "./cron-pattern.ts";
import { isExcepted } from "./excepted.ts";
import { clockChanges, localText } from "./local-time.ts";
import type { Plan } from "./plan.ts";

/**
 * Local times of the plan that daylight saving left out and that `gap: skip` therefore skips, with after < gap <= until:
 * `2026-03-29T02:30`. It goes from one change of the clocks to the next, so that it costs the same for any plan.
 */
export function skippedBetween(plan: Plan, after: Instant, until: Instant): string[] {
  if (plan.when.kind !== "cron" || plan.gap === "shift" || after >= until) return [];
  const pattern = cronPattern(plan.when.expression);
  const skipped: string[] = [];
  for (const { from, to } of clockChanges(plan.timeZone, after, until)) {
    for (let local = pattern.next(from - 1); local !== null && local < to; local = pattern.next(local)) {
      if (!isExcepted(plan, local)) skipped.push(localText(local));
    }
  }
  return skipped;
}
