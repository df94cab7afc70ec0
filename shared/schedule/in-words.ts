import cronstrue from "cronstrue";
import { type Instant, minuteMs, toIso } from "../kernel/clock.ts";
import { counted } from "../kernel/counted.ts";
import { clockText, type LocalTime, localDate, toLocalTime } from "./local-time.ts";
import type { Plan } from "./plan.ts";

/**
 * The plan said back in English, so that a person sees a mistake at once: "At 08:00, Monday through Friday
 * (Europe/Berlin)". What a plan has by default is not said.
 * @param jitterSeconds of the schedule's policies: a slot has one delay, at every attempt and in every preview
 */
export function planInWords(plan: Plan, jitterSeconds = 0): string {
  return [whenInWords(plan), ...remarks(plan), ...jitterInWords(jitterSeconds)].join("; ");
}

/** A slot in UTC and as the person's clock shows it: "Tuesday 2026-12-01 08:00 Europe/Berlin (UTC+01:00)". */
export function describeSlot(slot: Instant, timeZone: string): { utc: string; local: string } {
  const local = toLocalTime(slot, timeZone);
  const offset = timeZone === "UTC" ? "" : ` (UTC${offsetText(local - slot)})`;
  return {
    utc: toIso(slot),
    local: `${weekday.format(local)} ${localDate(local)} ${clockText(local)} ${timeZone}${offset}`,
  };
}

function whenInWords(plan: Plan): string {
  const { when, timeZone } = plan;
  if (when.kind === "once") return `Once, on ${momentInWords(when.at, timeZone)} (${timeZone})`;
  if (when.kind === "cron") return `${cronInWords(when.expression)} (${timeZone})`;
  return `Every ${durationInWords(when.minutes)}, counted from ${momentInWords(when.phase, timeZone)} (${timeZone})`;
}

function cronInWords(expression: string): string {
  try {
    // Verbose tells "every 40 minutes" from "at 0 and 40 minutes past the hour", which is what */40 means.
    const words = cronstrue.toString(expression, { use24HourTimeFormat: true, verbose: true });
    return words.replace(/^(Every (?:\d+ )?minutes?), every hour(?:, every day)?|^(Every hour), every day$/, "$1$2");
  } catch {
    // cronstrue knows no list of nearest weekdays ("1W,15W"), which croner and we accept.
    return `By the cron pattern ${expression}`;
  }
}

function durationInWords(minutes: number): string {
  const [count, unit] =
    minutes % (24 * 60) === 0 && minutes > 24 * 60
      ? [minutes / (24 * 60), "day"]
      : minutes % 60 === 0
        ? [minutes / 60, "hour"]
        : [minutes, "minute"];
  return count === 1 ? unit : `${count} ${unit}s`;
}

function jitterInWords(seconds: number): string[] {
  if (seconds === 0) return [];
  const [count, unit] = seconds % 60 === 0 ? ([seconds / 60, "minute"] as const) : ([seconds, "second"] as const);
  return [`up to ${counted(count, unit)} later, the same for each slot`];
}

function remarks({ startAt, endAt, timeZone, when, gap, exceptDates }: Plan): string[] {
  const fromPhase = when.kind === "every" && when.phase === startAt;
  return [
    startAt !== undefined && !fromPhase && `from ${momentInWords(startAt, timeZone)}`,
    endAt !== undefined && `until ${momentInWords(endAt, timeZone)}`,
    exceptDates.length > 0 && `not on ${someOf(exceptDates)}`,
    gap === "shift" && when.kind === "cron" && "a time that daylight saving time leaves out runs right after the gap",
  ].filter((remark) => remark !== false);
}

const mentionedDates = 5;

const someOf = (dates: readonly string[]): string =>
  dates.length <= mentionedDates
    ? dates.join(", ")
    : `${dates.slice(0, mentionedDates).join(", ")} and ${counted(dates.length - mentionedDates, "more date")}`;

function momentInWords(instant: Instant, timeZone: string): string {
  const local = toLocalTime(instant, timeZone);
  const date = new Date(local);
  return `${weekday.format(local)} ${date.getUTCDate()} ${month.format(local)} ${date.getUTCFullYear()} at ${clockText(local)}`;
}

// Local times are formatted as though they were UTC; see LocalTime.
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" });
const month = new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" });

function offsetText(offset: LocalTime): string {
  const minutes = Math.round(Math.abs(offset) / minuteMs);
  const clock = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `${offset < 0 ? "-" : "+"}${clock}`;
}
