import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { type LocalTime, localText, occurrenceOf, toLocalTime } from "./local-time.ts";

/**
 * `2026-12-01T08:00` in `timeZone`, or with `Z` or an offset in no zone at all. Seconds may be given; fractions are
 * cut off. A local time that happens twice is the first of the two. VALIDATION_ERROR that names `field` for anything
 * else, for a local time without a zone, and for one that daylight saving time leaves out.
 */
export function readInstant(field: string, text: string, timeZone: string | undefined): Instant {
  const parts = partsOf(text);
  if (parts === undefined) throw notATime(field, text);
  const { local, offset } = parts;
  if (offset !== undefined) return local - offsetMs(offset);
  if (timeZone === undefined) throw missingZone(`${field} ${JSON.stringify(text)} is a local time`);
  return existing(field, local, timeZone);
}

/** As `readInstant`, where there is no zone to read a local time in: an offset is needed. */
export function readMoment(field: string, text: string): Instant {
  const parts = partsOf(text);
  if (parts?.offset !== undefined) return parts.local - offsetMs(parts.offset);
  throw invalid(
    `${field} ${JSON.stringify(text)} is not a moment. Write it with Z or an offset, "2026-12-01T07:00Z" or "2026-12-01T08:00+01:00".`,
    { field },
  );
}

/** Whether a date is in the calendar: `2026-02-30` is not. */
export const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && readParts(text, "00:00", "00") !== undefined;

/** For every place where a zone is needed and none was given. */
export const missingZone = (why: string) =>
  invalid(
    `${why}, and time_zone is missing. Ask the person which time zone they mean and pass its IANA name, for example "Europe/Berlin"; do not guess it.`,
    { field: "time_zone" },
  );

const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,]\d+)?)?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?$/i;

function partsOf(text: string): { readonly local: LocalTime; readonly offset: string | undefined } | undefined {
  const [, date = "", clock = "", seconds = "00", offset] = pattern.exec(text.trim()) ?? [];
  const local = readParts(date, clock, seconds);
  return local === undefined ? undefined : { local, offset };
}

function readParts(date: string, clock: string, seconds: string): LocalTime | undefined {
  const iso = `${date}T${clock}:${seconds}`;
  const local = Date.parse(`${iso}.000Z`);
  // Date.parse turns 30 February into 2 March: what comes back must be what was said.
  return !Number.isNaN(local) && new Date(local).toISOString().startsWith(iso) ? local : undefined;
}

function offsetMs(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}

function notATime(field: string, text: string) {
  const dateOnly = isDate(text.trim()) ? ` Say the time of day too, for example "${text.trim()}T08:00".` : "";
  return invalid(
    `${field} ${JSON.stringify(text)} is not a time of the calendar.${dateOnly} Write it as "2026-12-01T08:00" (local to time_zone) or with an offset, "2026-12-01T08:00+01:00".`,
    { field },
  );
}

function existing(field: string, local: LocalTime, timeZone: string): Instant {
  const { instant, exists } = occurrenceOf(local, timeZone);
  if (exists) return instant;
  const last = localText(toLocalTime(instant - 60_000, timeZone));
  const first = localText(toLocalTime(instant, timeZone));
  throw invalid(
    `${field} ${localText(local)} does not exist in ${timeZone}: the clocks go forward there. The minute after ${last} is ${first}: choose ${last} or earlier, or ${first} or later.`,
    { field },
  );
}
