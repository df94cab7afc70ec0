import { z } from "zod";
import { hourMs, type Instant, instantSchema, minuteMs, secondMs } from "../kernel/clock.ts";

const noticeEventSchema = z.enum(["run_finished", "approval_requested", "schedule_paused", "schedule_silent"]);

/** Why an attempt failed, in a word for programs; docs/notifications.md lists them. */
export const noticeProblemSchema = z.enum([
  "refused",
  "gone",
  "redirected",
  "unreachable",
  "timed_out",
  "address_not_allowed",
  "no_address",
  "not_signed",
  "no_schedule",
  "poison",
]);

/**
 * One thing that a run owes its owner, written by the swap that makes it true. pending: is still to be delivered.
 * delivered: the receiver has answered 2xx. failed: given up, the dead letter. outdated: nobody needs it any more.
 */
export const noticeSchema = z.object({
  event: noticeEventSchema,
  /** The request for approval with this step. */
  step: z.number().int().optional(),
  state: z.enum(["pending", "delivered", "failed", "outdated"]),
  attempts: z.number().int(),
  /** Of the last attempt. */
  at: instantSchema.optional(),
  /** Only while it is pending after an attempt. */
  nextAt: instantSchema.optional(),
  /** HTTP status of the last answer. */
  status: z.number().int().optional(),
  problem: noticeProblemSchema.optional(),
});

export type Notice = z.output<typeof noticeSchema>;
export type NoticeProblem = z.output<typeof noticeProblemSchema>;

/** What came of one attempt. */
export type Delivery =
  | { readonly kind: "delivered"; readonly status: number }
  | {
      readonly kind: "failed";
      readonly problem: NoticeProblem;
      readonly status?: number;
      /** How long the receiver asked us to wait. */
      readonly retryAfterMs?: number;
    };

/** Between one attempt and the next: a receiver may be down for four hours, then a person has to look. */
const retryDelaysMs = [10 * secondMs, minuteMs, 5 * minuteMs, 20 * minuteMs, hourMs, 3 * hourMs] as const;

/** The longest wait that a receiver may ask for. */
const longestRetryAfterMs = 3 * hourMs;

/** Trying again would meet the same answer. */
const finalProblems: readonly NoticeProblem[] = ["gone", "address_not_allowed", "no_address", "no_schedule", "poison"];

export const isSameNotice = (left: Notice, right: Notice): boolean =>
  left.event === right.event && left.step === right.step;

export const newNotice = (event: Notice["event"], step?: number): Notice => ({
  event,
  ...(step === undefined ? {} : { step }),
  state: "pending",
  attempts: 0,
});

/** The notice after an attempt: delivered, to be tried again, or given up. */
export function afterAttempt({ event, step, attempts }: Notice, delivery: Delivery, at: Instant): Notice {
  const { status } = delivery;
  const tried = {
    ...newNotice(event, step),
    attempts: attempts + 1,
    at,
    ...(status === undefined ? {} : { status }),
  };
  if (delivery.kind === "delivered") return { ...tried, state: "delivered" };
  const { problem, retryAfterMs = 0 } = delivery;
  const delay = retryDelaysMs[attempts];
  if (delay === undefined || finalProblems.includes(problem)) return { ...tried, state: "failed", problem };
  return { ...tried, problem, nextAt: at + Math.max(delay, Math.min(retryAfterMs, longestRetryAfterMs)) };
}
