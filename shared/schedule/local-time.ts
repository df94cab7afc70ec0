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
  return instant + stretchAt(instant, timeZone).offset;
}

/** When the wall shows `local`. The rules for gaps and repeats are those of docs/schedules.md. */
export function occurrenceOf(local: LocalTime, timeZone: string): Occurrence {
  const { start, end, offset } = stretchAt(local, timeZone);
  // Offsets differ by less than two days, so that nothing beyond them shows the same.
  const instant = local - offset;
  if (instant - 2 * dayMs >= start && instant + 2 * dayMs < end) return { instant, exists: true };
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
    const from = at + stretchAt(at - 1, timeZone).offset;
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

/** A time in which the clocks of a zone are not set: from `start` up to but not including `end`. */
interface Stretch {
  readonly start: Instant;
  readonly end: Instant;
  /** Milliseconds by which the wall is ahead of UTC. */
  readonly offset: number;
}

/** Those that were asked about, by zone: Temporal needs 30 us for an offset, and a clock is set twice a year. */
const stretches = new Map<string, Stretch[]>();
const maximumZones = 500;

function stretchAt(instant: Instant, timeZone: string): Stretch {
  const known = stretches.get(timeZone);
  const found = known?.find(({ start, end }) => start <= instant && instant < end);
  if (found !== undefined) return found;
  const stretch = readStretch(instant, timeZone);
  if (known === undefined && stretches.size >= maximumZones) stretches.clear();
  stretches.set(timeZone, [stretch, ...(known ?? [])]);
  return stretch;
}

function readStretch(instant: Instant, timeZone: string): Stretch {
  const at = zoned(instant, timeZone);
  // "previous" is before the moment that it is asked about.
  const start = zoned(instant + 1, timeZone).getTimeZoneTransition("previous");
  const end = at.getTimeZoneTransition("next");
  return {
    start: start?.epochMilliseconds ?? -8.64e15,
    end: end?.epochMilliseconds ?? 8.64e15,
    offset: at.offsetNanoseconds / 1_000_000,
  };
}

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
