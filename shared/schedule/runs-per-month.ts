import type { Instant } from "../kernel/clock.ts";
import { dayMs } from "./local-time.ts";
import { upcomingSlots } from "./next-slot.ts";
import type { Plan } from "./plan.ts";

const monthMs = 30 * dayMs;

/** A pattern of five fields repeats its days, so that this many slots show how many it has. */
const sampledSlots = 1000;

/** Slots of the plan in the 30 days after `now`; estimated where they are more than a thousand. Up to 50 ms. */
export function runsPerMonth(plan: Plan, now: Instant): number {
  const slots = upcomingSlots(plan, now, sampledSlots);
  const inMonth = slots.filter((slot) => slot <= now + monthMs);
  const [first = now, last = now] = [slots[0], slots.at(-1)];
  return inMonth.length < sampledSlots ? inMonth.length : Math.round((monthMs * (sampledSlots - 1)) / (last - first));
}
