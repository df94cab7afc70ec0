import { Temporal } from "temporal-polyfill";
import { secondMs } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { onTimeGraceMs } from "./due.ts";

const daySeconds = 24 * 60 * 60;
/** A shorter window would catch up with nothing: before that a slot is not late. */
const shortestSeconds = onTimeGraceMs / secondMs;
const longestSeconds = 30 * daySeconds;

/** Whole seconds in an ISO 8601 duration such as PT24H or P7D (a day has 24 hours), or a VALIDATION_ERROR. */
export function readCatchUpWindow(text: string): number {
  const seconds = parse(text.trim());
  if (seconds === undefined) throw refuse(text, "is no duration in days, hours, minutes or seconds");
  if (seconds < shortestSeconds || seconds > longestSeconds) throw refuse(text, "is out of range");
  return seconds;
}

/** The duration as it is said back: `PT24H`, `PT90M` as `PT1H30M`, and whole days beyond the first as `P7D`. */
export function catchUpWindowText(seconds: number): string {
  const isWholeDays = seconds > daySeconds && seconds % daySeconds === 0;
  return Temporal.Duration.from({ seconds })
    .round({ largestUnit: isWholeDays ? "days" : "hours" })
    .toString();
}

function parse(text: string): number | undefined {
  try {
    return Math.round(Temporal.Duration.from(text).total("seconds"));
  } catch {
    // No ISO 8601, or with weeks, months or years, whose length depends on when they begin.
    return undefined;
  }
}

const refuse = (text: string, problem: string) =>
  invalid(
    `catch_up_window ${JSON.stringify(text)} ${problem}. Pass 5 minutes to 30 days as an ISO 8601 duration: "PT5M" to "P30D", for example "PT24H".`,
    { field: "policies.catch_up_window" },
  );
