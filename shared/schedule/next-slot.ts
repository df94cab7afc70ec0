import type { Instant } from "../kernel/clock.ts";
import { type NextSlot, nextCronSlot, previousCronSlot } from "./cron-slots.ts";
import { nextEverySlot, previousEverySlot } from "./every-slots.ts";
import { isExcepted } from "./excepted.ts";
import { toLocalTime } from "./local-time.ts";
import type { Plan } from "./plan.ts";

/**
 * The first slot after `after`, within startAt and endAt (both inclusive) and not on an excepted date. Slots are whole
 * seconds. About 50 us; a plan whose times all fall into gaps or on excepted dates takes longer, and ends.
 */
export function nextSlot(plan: Plan, after: Instant): NextSlot {
  const from = Math.max(after, (plan.startAt ?? -Infinity) - 1);
  const { when } = plan;
  if (when.kind === "cron") return nextCronSlot(plan, when.expression, from);
  const slot = when.kind === "every" ? nextEverySlot(plan, when, from) : onlySlot(plan, when.at);
  return { slot: slot !== null && slot > from ? slot : null, skippedLocalTimes: [] };
}

/** The newest slot before `before`, under the same rules. About 90 us, however long ago it was. */
export function previousSlot(plan: Plan, before: Instant): Instant | null {
  const until = Math.min(before, (plan.endAt ?? Infinity) + 1);
  const { when } = plan;
  if (when.kind === "cron") return previousCronSlot(plan, when.expression, until);
  const slot = when.kind === "every" ? previousEverySlot(plan, when, until) : onlySlot(plan, when.at);
  return slot !== null && slot < until ? slot : null;
}

/** Whether the plan, as it is now, has this very slot: asked again when a run starts that was enqueued earlier. */
export const isPlanned = (plan: Plan, slot: Instant): boolean => nextSlot(plan, slot - 1).slot === slot;

/** Up to `count` slots after `after`, in order; fewer when the plan ends. */
export function upcomingSlots(plan: Plan, after: Instant, count: number): Instant[] {
  const slots: Instant[] = [];
  let { slot } = nextSlot(plan, after);
  while (slot !== null && slots.length < count) {
    slots.push(slot);
    slot = nextSlot(plan, slot).slot;
  }
  return slots;
}

function onlySlot(plan: Plan, at: Instant): Instant | null {
  const inside = at >= (plan.startAt ?? -Infinity) && at <= (plan.endAt ?? Infinity);
  return inside && !isExcepted(plan, toLocalTime(at, plan.timeZone)) ? at : null;
}
