import { z } from "zod";

/** How a run can end; docs/schedules.md says when. */
export const outcomeSchema = z.enum([
  "succeeded",
  "no_output",
  "failed",
  "timed_out",
  "cancelled",
  "skipped_overlap",
  "missed",
  "waiting_approval",
  "budget_exceeded",
  "auth_required",
]);

export type Outcome = z.output<typeof outcomeSchema>;
