import { Temporal } from "temporal-polyfill";
import type { Instant } from "../kernel/clock.ts";

/**
 * What a clock on the wall shows, as milliseconds read as though the zone were UTC: 2026-03-29T02:30 in any zone is
 * `Date.UTC(2026, 2, 29, 2, 30)`. A cron pattern is a statement about these.
 */
export type LocalTime = number;

/** `instant` is the first time the wall shows it; a local time that daylight saving time leaves out has the gap's end. */
export interface Occurrence {
  readonly instant: Instant;
  readonly exists: boolean;
}

/** A change of a zone's offset at the instant `at`: the wall shows `from` up to there and `to` from there. */
export interface ClockChange {
  readonly at: Instant;
  readonly from: LocalTime;
  readonly to: LocalTime;
}

export const dayMs = 24 * 60 * 60 * 1000;

/** @param timeZone an IANA name that `readTimeZone` accepted; throws RangeError for any other. */
export function toLocalTime(instant: Instant, timeZone: string): LocalTime {
  return instant + zoned(instant, timeZone).offsetNanoseconds / 1_000_000;
}

/** When the wall shows `local`. The rules for gaps and repeats are those of docs/schedules.md. */
export function occurrenceOf(local: LocalTime, timeZone: string): Occurrence {
  const compatible = toInstant(local, timeZone, "compatible");
  if (toLocalTime(compatible, timeZone) === local) return { instant: compatible, exists: true };
  // In a gap "earlier" lies before the transition by less than the gap, so that the next transition is the gap's end.
  const change = zoned(toInstant(local, timeZone, "earlier"), timeZone).getTimeZoneTransition("next");
  return { instant: change?.epochMilliseconds ?? compatible, exists: false };
}

/** Offset changes with after < at <= until, in order. Changes that move no clock (a new name only) are left out. */
export function* clockChanges(timeZone: string, after: Instant, until: Instant): Generator<ClockChange> {
  let change = zoned(after, timeZone).getTimeZoneTransition("next");
  while (change !== null && change.epochMilliseconds <= until) {
    const at = change.epochMilliseconds;
    const from = at + zoned(at - 1, timeZone).offsetNanoseconds / 1_000_000;
    const to = toLocalTime(at, timeZone);
    if (from !== to) yield { at, from, to };
    change = change.getTimeZoneTransition("next");
  }
}

/**
 * An unbroken stretch around `instant`, from `start` up to but not including `end`, in which the wall shows one date.
 * A change of the clocks ends it: where they go back over midnight a date comes, goes and comes again.
 */
export function sameDate(instant: Instant, timeZone: string): { start: Instant; end: Instant } {
  const local = toLocalTime(instant, timeZone);
  const midnight = instant - (local - floorToDay(local));
  const before = [...clockChanges(timeZone, midnight, instant)].at(-1)?.at;
  const [after] = clockChanges(timeZone, instant, midnight + dayMs);
  return { start: before ?? midnight, end: after?.at ?? midnight + dayMs };
}

export const floorToDay = (local: LocalTime): LocalTime => Math.floor(local / dayMs) * dayMs;

/** `2026-03-29` */
export const localDate = (local: LocalTime): string => new Date(local).toISOString().slice(0, 10);

/** `2026-03-29T02:30`, with seconds only when there are any. */
export const localText = (local: LocalTime): string => `${localDate(local)}T${clockText(local)}`;

/** `02:30`, with seconds only when there are any. */
export const clockText = (local: LocalTime): string =>
  new Date(local).toISOString().slice(11, local % 60_000 === 0 ? 16 : 19);

function zoned(instant: Instant, timeZone: string): Temporal.ZonedDateTime {
  // Fractions of a millisecond do not occur; BigInt would refuse them.
  return new Temporal.ZonedDateTime(BigInt(Math.floor(instant)) * 1_000_000n, timeZone);
}

function toInstant(local: LocalTime, timeZone: string, disambiguation: "compatible" | "earlier"): Instant {
  const date = new Date(local);
  return new Temporal.PlainDateTime(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  ).toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds;
}
