import { type Instant, minuteMs } from "../../shared/kernel/clock.ts";
import { worldStart } from "../support/world.ts";
import type { Dice } from "../support/world-dice.ts";

/** When and where on the calendar a world is played. */
export interface Season {
  readonly start: Instant;
  /** The zone whose clocks are changed then, or whose date changes; without, nothing special happens. */
  readonly zone?: string;
  /** When that happens. */
  readonly at?: Instant;
}

/** Moments at which local time is not what it seems. */
const moments: readonly [zone: string, at: string][] = [
  ["Europe/Berlin", "2027-03-28T01:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00Z"],
  ["America/New_York", "2027-03-14T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  // Half an hour.
  ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
  ["Australia/Lord_Howe", "2027-04-03T15:00Z"],
  // At midnight: the day begins at one o'clock, or its last hour comes twice.
  ["America/Santiago", "2026-09-06T04:00Z"],
  ["America/Santiago", "2027-04-04T03:00Z"],
  ["Africa/Cairo", "2027-04-29T22:00Z"],
  ["Africa/Cairo", "2026-10-29T21:00Z"],
  // No change of the clocks, but of the date, the year and a leap day.
  ["Asia/Kathmandu", "2026-11-30T18:15Z"],
  ["UTC", "2027-01-01T00:00Z"],
  ["Pacific/Auckland", "2028-02-28T11:00Z"],
];

export function anySeason({ below, chance, one }: Dice): Season {
  if (chance(0.6)) return { start: worldStart };
  const [first, ...others] = moments as [(typeof moments)[number], ...typeof moments];
  const [zone, text] = one(first, ...others);
  const at = Date.parse(text);
  return { start: at - (2 + below(50)) * minuteMs, zone, at };
}

/** What a calendar and a clock on the wall of that zone show: `2027-03-28T01:59`. Not computed by the app's own library. */
export function wallText(instant: Instant, zone: string): string {
  const text = formatOf(zone).format(instant);
  return text.replace(" ", "T");
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  // Swedish writes a date and a time as ISO 8601 does.
  const format =
    formats.get(timeZone) ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  formats.set(timeZone, format);
  return format;
}

/** By how many minutes the clocks of the zone are set between two texts that it shows a minute apart. */
export const changeBetween = (before: string, after: string): number =>
  (Date.parse(`${after}Z`) - Date.parse(`${before}Z`)) / minuteMs - 1;
