import type { Instant } from "../kernel/clock.ts";
import { localDate, toLocalTime } from "./local-time.ts";

/** The calendar month that the zone shows at this instant: `2026-12`. Months are in the order of their texts. */
export const monthOf = (instant: Instant, timeZone: string): string =>
  localDate(toLocalTime(instant, timeZone)).slice(0, 7);
