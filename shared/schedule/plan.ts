import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";

/**
 * When a schedule fires. Everything is decided in UTC instants with the zone as an argument; the machine's own zone
 * is never looked at.
 */
export const planSchema = z.object({
  when: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("once"), at: instantSchema }),
    /** Five fields: minute hour day-of-month month day-of-week, read as wall-clock time in `timeZone`. */
    z.object({ kind: z.literal("cron"), expression: z.string() }),
    /** Every so many minutes of elapsed time, counted from `phase`; never moved by daylight saving time. */
    z.object({ kind: z.literal("every"), minutes: z.number().int().positive(), phase: instantSchema }),
  ]),
  /** IANA name. Also the zone in which the schedule is described to people and in which except_dates are read. */
  timeZone: z.string(),
  /** What happens to a local time that daylight saving time leaves out: nothing, or the first instant after the gap. */
  gap: z.enum(["skip", "shift"]),
  startAt: instantSchema.optional(),
  /** Inclusive. */
  endAt: instantSchema.optional(),
  /** Local dates, `2026-12-24`. */
  exceptDates: z.array(z.string()),
});

export type Plan = z.output<typeof planSchema>;
