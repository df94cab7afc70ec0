import { isDeepStrictEqual } from "node:util";
import { type Instant, toIso } from "../kernel/clock.ts";
import type { Plan } from "./plan.ts";
import { checkPlan, parsePlan, type TimingInput, type TimingLimits } from "./read-timing.ts";

/**
 * The plan after a change of some of its fields, read and checked by the rules of a new one. Any of cron, run_at and
 * every_minutes takes the place of the others; time_zone alone reads the cron pattern in another zone and leaves
 * moments (run_at, start_at, end_at) where they are. Answers `before` itself when nothing changes, also when it could
 * not be planned any more today. VALIDATION_ERROR like `readPlan`.
 * @param cleared fields that lose their value, in the words of the input
 */
export function changePlan(
  before: Plan,
  change: TimingInput,
  cleared: readonly string[],
  now: Instant,
  limits: TimingLimits,
): Plan {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (given.length === 0 && cleared.length === 0) return before;
  const kept = Object.entries(timingOf(before, change)).filter(([field]) => !cleared.includes(field));
  const plan = keepPhase(before, parsePlan(Object.fromEntries([...kept, ...given]), now));
  if (isDeepStrictEqual(plan, before)) return before;
  checkPlan(plan, now, limits);
  return plan;
}

/** The plan in the words of the input, without its time when `change` brings another. */
function timingOf(plan: Plan, change: TimingInput): TimingInput {
  const { startAt, endAt, exceptDates, gap, timeZone } = plan;
  const isReplaced = [change.cron, change.run_at, change.every_minutes].some((time) => time !== undefined);
  return {
    ...(isReplaced ? {} : timeOf(plan)),
    ...(isZoneKnown(plan) ? { time_zone: timeZone } : {}),
    ...(startAt === undefined ? {} : { start_at: toIso(startAt) }),
    ...(endAt === undefined ? {} : { end_at: toIso(endAt) }),
    except_dates: exceptDates,
    gap,
  };
}

function timeOf({ when }: Plan): TimingInput {
  switch (when.kind) {
    case "cron":
      return { cron: when.expression };
    case "once":
      return { run_at: toIso(when.at) };
    case "every":
      return { every_minutes: when.minutes };
  }
}

/** UTC may only mean that nobody was asked for a zone; then a local time needs one now. */
const isZoneKnown = ({ timeZone, when, exceptDates }: Plan): boolean =>
  timeZone !== "UTC" || when.kind === "cron" || exceptDates.length > 0;

/** Whoever says the same number of minutes again means no new beginning; another start_at is one. */
function keepPhase(before: Plan, after: Plan): Plan {
  if (before.when.kind !== "every" || after.when.kind !== "every") return after;
  const { minutes, phase } = before.when;
  const isSame = minutes === after.when.minutes && (after.startAt === undefined || after.startAt === before.startAt);
  return isSame ? { ...after, when: { ...after.when, phase } } : after;
}
