import { Cron } from "croner";
import type { LocalTime } from "./local-time.ts";

/**
 * croner reads the pattern and nothing else: it is asked for wall-clock times as though they were UTC, and
 * local-time.ts decides when such a time happens. Its own handling of zones shifts or skips by whether a pattern has
 * a single hour and minute and fires other patterns twice in a repeated hour; our rule is one for all patterns.
 */
export interface CronPattern {
  /** First match after `local`, or null when none comes before the year 3000. About 10 us. */
  next(local: LocalTime): LocalTime | null;
  /** Newest match before `local`, or null when there was none for 400 years. About 10 us. */
  previous(local: LocalTime): LocalTime | null;
}

/** Throws croner's error for an expression that `readCron` would refuse. */
export function cronPattern(expression: string): CronPattern {
  const known = compiled.get(expression);
  if (known) return known;
  if (compiled.size >= maximumCompiled) compiled.delete(compiled.keys().next().value ?? "");
  const pattern = compile(expression);
  compiled.set(expression, pattern);
  return pattern;
}

/** A compiled pattern holds about 11 000 numbers (croner lists 10 000 years), 90 kB: 200 of them are 18 MB. */
const maximumCompiled = 200;
const compiled = new Map<string, CronPattern>();

function compile(expression: string): CronPattern {
  // utcOffset 0 is UTC without Intl: a third of the time of `timezone: "UTC"`.
  const cron = new Cron(expression, { mode: "5-part", utcOffset: 0 });
  return {
    next: (local) => cron.nextRun(new Date(local))?.getTime() ?? null,
    previous: (local) => cron.previousRuns(1, new Date(local))[0]?.getTime() ?? null,
  };
}
