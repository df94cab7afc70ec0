import type { Instant } from "../kernel/clock.ts";
import { cronPattern } from "./cron-pattern.ts";
import { describeSlot } from "./in-words.ts";
import {
  type ClockChange,
  clockChanges,
  clockText,
  dayMs,
  type LocalTime,
  localDate,
  occurrenceOf,
  toLocalTime,
} from "./local-time.ts";
import { nextSlot, previousSlot, upcomingSlots } from "./next-slot.ts";
import type { Plan } from "./plan.ts";

/** What a person should know before they rely on the plan, in sentences; nothing here is an error. */
export function planWarnings(plan: Plan, now: Instant): string[] {
  return [
    ...fewSlots(plan, now),
    ...farAway(plan, now),
    ...clockChangeWarnings(plan, now),
    ...uselessExceptions(plan, now),
  ];
}

const yearMs = 365 * dayMs;
/** Up to here a repeating schedule gets the remark that it soon ends. */
const fewCount = 3;

function fewSlots(plan: Plan, now: Instant): string[] {
  const slots = upcomingSlots(plan, now, fewCount + 1);
  if (slots.length === 0) return [`All times of this schedule have passed; ${lastTime(plan, now)}.`];
  if (plan.when.kind === "once" || slots.length > fewCount) return [];
  const times = slots.length === 1 ? "only once" : `only ${slots.length} times`;
  return [`This schedule fires ${times}, the last time on ${describeSlot(slots.at(-1) ?? now, plan.timeZone).local}.`];
}

function lastTime(plan: Plan, now: Instant): string {
  const last = previousSlot(plan, now + 1);
  return last === null ? "it never had one" : `the last was ${describeSlot(last, plan.timeZone).local}`;
}

function farAway(plan: Plan, now: Instant): string[] {
  const { slot } = nextSlot(plan, now);
  if (slot === null || slot - now <= yearMs) return [];
  return [`The first run is more than a year away: ${describeSlot(slot, plan.timeZone).local}.`];
}

function clockChangeWarnings(plan: Plan, now: Instant): string[] {
  const from = Math.max(now, plan.startAt ?? now);
  const until = Math.min(now + yearMs, plan.endAt ?? Infinity);
  return [...clockChanges(plan.timeZone, from, until)].flatMap((change) =>
    change.to > change.from ? gapWarning(plan, change) : repeatWarning(plan, change),
  );
}

function gapWarning(plan: Plan, { from, to }: ClockChange): string[] {
  const lost = matches(plan, from, to);
  if (lost.length === 0) return [];
  const what = plan.gap === "skip" ? "there is no run then" : `it runs once, at ${clockText(to)}, instead`;
  return [`On ${localDate(from)} the clocks of ${plan.timeZone} go forward and leave out ${someTimes(lost)}: ${what}.`];
}

function repeatWarning(plan: Plan, { from, to }: ClockChange): string[] {
  const doubled = matches(plan, to, from);
  if (doubled.length === 0) return [];
  const times = `${someTimes(doubled)} twice: it runs the first time only`;
  return [`On ${localDate(to)} the clocks of ${plan.timeZone} go back and show ${times}.`];
}

/** Times of the plan that the wall would show from `from` up to but not including `to`, excepted dates left out. */
function matches(plan: Plan, from: LocalTime, to: LocalTime): LocalTime[] {
  const { when } = plan;
  if (when.kind === "every") return [];
  const found: LocalTime[] = [];
  if (when.kind === "once") found.push(toLocalTime(when.at, plan.timeZone));
  else {
    const pattern = cronPattern(when.expression);
    for (let local = pattern.next(from - 1); local !== null && local < to; local = pattern.next(local))
      found.push(local);
  }
  return found.filter((local) => local >= from && local < to && !plan.exceptDates.includes(localDate(local)));
}

function someTimes(times: readonly LocalTime[]): string {
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  return times.length <= 3
    ? times.map(clockText).join(", ")
    : `each of the ${times.length} times from ${clockText(first)} to ${clockText(last)}`;
}

function uselessExceptions(plan: Plan, now: Instant): string[] {
  const today = localDate(toLocalTime(now, plan.timeZone));
  return plan.exceptDates.flatMap((date) => {
    if (date < today) return [`The excepted date ${date} is already past.`];
    return firesOn(plan, date)
      ? []
      : [`The excepted date ${date} changes nothing: the schedule does not run on it anyway.`];
  });
}

function firesOn(plan: Plan, date: string): boolean {
  const start = occurrenceOf(Date.parse(`${date}T00:00:00Z`), plan.timeZone).instant;
  const { slot } = nextSlot({ ...plan, exceptDates: [] }, start - 1);
  return slot !== null && localDate(toLocalTime(slot, plan.timeZone)) === date;
}
