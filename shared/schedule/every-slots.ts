import { type Instant, minuteMs } from "../kernel/clock.ts";
import { isExcepted } from "./excepted.ts";
import { sameDate, toLocalTime } from "./local-time.ts";
import type { Plan } from "./plan.ts";

type Every = Extract<Plan["when"], { kind: "every" }>;

/** First slot after `after` and not after endAt; the phase itself is the first of all. */
export function nextEverySlot(plan: Plan, every: Every, after: Instant): Instant | null {
  const step = every.minutes * minuteMs;
  let index = Math.max(0, Math.floor((after - every.phase) / step) + 1);
  for (;;) {
    const slot = every.phase + index * step;
    if (slot > (plan.endAt ?? Infinity)) return null;
    if (!isExcepted(plan, toLocalTime(slot, plan.timeZone))) return slot;
    index = Math.ceil((sameDate(slot, plan.timeZone).end - every.phase) / step);
  }
}

/** Newest slot before `before` and not before startAt. */
export function previousEverySlot(plan: Plan, every: Every, before: Instant): Instant | null {
  const step = every.minutes * minuteMs;
  let index = Math.ceil((before - every.phase) / step) - 1;
  for (;;) {
    const slot = every.phase + index * step;
    if (index < 0 || slot < (plan.startAt ?? -Infinity)) return null;
    if (!isExcepted(plan, toLocalTime(slot, plan.timeZone))) return slot;
    index = Math.ceil((sameDate(slot, plan.timeZone).start - every.phase) / step) - 1;
  }
}
