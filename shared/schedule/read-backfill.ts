import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { describeSlot, planInWords } from "./in-words.ts";
import { nextSlot, previousSlot, upcomingSlots } from "./next-slot.ts";
import type { Plan } from "./plan.ts";
import { readInstant } from "./read-local-time.ts";

/** Both inclusive. */
export interface BackfillRange {
  readonly from: Instant;
  readonly through: Instant;
}

/** Planned moments that one call runs again. */
const maximumBackfill = 100;

/** Beyond this the slots of a range are not counted to the end: finding one costs about 50 us. */
const countedSlots = 1000;

/**
 * The range that a caller names, local to the plan's zone or with an offset; undefined when none is named.
 * VALIDATION_ERROR when only one end is, when they are the wrong way round, or for a time that cannot be read.
 */
export function readBackfillRange(
  from: string | undefined,
  to: string | undefined,
  { timeZone }: Plan,
): BackfillRange | undefined {
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) throw halfRange(from === undefined ? "backfill_from" : "backfill_to");
  const range = {
    from: readInstant("backfill_from", from, timeZone),
    through: readInstant("backfill_to", to, timeZone),
  };
  // Moments are named by seconds since then.
  if (range.from < 0) throw invalid("backfill_from lies before 1970. Pass a later time.", { field: "backfill_from" });
  if (range.through >= range.from) return range;
  throw invalid(
    `backfill_to ${say(range.through, timeZone)} lies before backfill_from ${say(range.from, timeZone)}. Pass the earlier time as backfill_from.`,
    { field: "backfill_to" },
  );
}

/** The planned moments of a range up to now, oldest first. VALIDATION_ERROR when there are none, or more than 100. */
export function backfillSlots(plan: Plan, range: BackfillRange, now: Instant): readonly Instant[] {
  const slots = slotsWithin(plan, range, now, countedSlots + 1);
  if (slots.length === 0) throw nothingPlanned(plan, range, now);
  if (slots.length > maximumBackfill) throw tooMany(plan, slots);
  return slots;
}

/** The same without a complaint, for a range that was accepted before. */
export const acceptedSlots = (plan: Plan, range: BackfillRange, now: Instant): readonly Instant[] =>
  slotsWithin(plan, range, now, countedSlots);

function slotsWithin(plan: Plan, { from, through }: BackfillRange, now: Instant, count: number): readonly Instant[] {
  const last = Math.min(through, now);
  return upcomingSlots({ ...plan, endAt: Math.min(plan.endAt ?? last, last) }, from - 1, count);
}

const say = (instant: Instant, timeZone: string): string => describeSlot(instant, timeZone).local;

function halfRange(missing: "backfill_from" | "backfill_to") {
  return invalid(
    `${missing} is missing. Pass both backfill_from and backfill_to to run past moments again, or neither to run once now.`,
    { field: missing },
  );
}

function nothingPlanned(plan: Plan, { from, through }: BackfillRange, now: Instant) {
  const { timeZone } = plan;
  if (from > now) {
    return invalid(
      `backfill_from ${say(from, timeZone)} lies in the future: it is now ${say(now, timeZone)}. Only past moments can be run again; what is to come runs by itself.`,
      { field: "backfill_from" },
    );
  }
  const before = previousSlot(plan, from);
  const { slot: after } = nextSlot(plan, Math.min(through, now));
  const nearest = [
    before !== null && before >= 0 && `the last one before was ${say(before, timeZone)}`,
    after !== null && `the next one after is ${say(after, timeZone)}`,
  ].filter((words) => words !== false);
  const hint = nearest.length === 0 ? "" : ` (${nearest.join(", ")})`;
  return invalid(
    `Nothing was planned from ${say(from, timeZone)} to ${say(Math.min(through, now), timeZone)}${hint}. The plan: ${planInWords(plan)}. Choose a range with planned moments, or leave both ends out to run once now.`,
    { field: "backfill_to", reason: "nothing_planned" },
  );
}

function tooMany({ timeZone }: Plan, slots: readonly Instant[]) {
  const count = slots.length > countedSlots ? `more than ${countedSlots}` : `${slots.length}`;
  const last = say(slots[maximumBackfill - 1] ?? 0, timeZone);
  const next = say(slots[maximumBackfill] ?? 0, timeZone);
  return invalid(
    `This range holds ${count} planned moments; one call runs at most ${maximumBackfill}. Split it: the first ${maximumBackfill} end at ${last}, so pass that as backfill_to, and go on from ${next} in a further call when those runs are over.`,
    { field: "backfill_to", reason: "too_many" },
  );
}
