import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";
import { slotInRunKey } from "../schedule/run-key.ts";
import { runKindSchema } from "../schedule/schedule.ts";

const outcomes = [
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
] as const;

export const outcomeSchema = z.enum(outcomes);

/**
 * The execution record of one slot. `epoch` counts pick-ups and fences older workers; `crashes` counts pick-ups that
 * found the run still running; `failures` counts failed attempts, which is what the retry policy limits.
 */
export const runSchema = z.object({
  v: z.literal(1),
  scheduleId: z.string(),
  key: z.string(),
  owner: z.string(),
  slot: instantSchema,
  kind: runKindSchema,
  conversationId: z.string(),
  state: z.enum(["queued", "running", "ended"]),
  createdAt: instantSchema,
  epoch: z.number().int(),
  crashes: z.number().int(),
  failures: z.number().int(),
  /** The worker of the newest pick-up: how a worker knows its own write after a lost reply. */
  worker: z.string().optional(),
  startedAt: instantSchema.optional(),
  /** When the present attempt began; the run's timeout counts from here, and waiting for a retry does not count. */
  attemptStartedAt: instantSchema.optional(),
  /** Not to be picked up before: the wait before a retry. */
  notBefore: instantSchema.optional(),
  outcome: outcomeSchema.optional(),
  /** Why, in a word for programs: superseded, max_runs, deleted, poison, ... */
  reason: z.string().optional(),
  /** What the person who cancelled it said. */
  note: z.string().optional(),
  endedAt: instantSchema.optional(),
  /** A missed record stands for every slot from its own to this one. */
  missedThrough: instantSchema.optional(),
  turns: z.number().int(),
  toolCalls: z.number().int(),
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
  /** The first 500 characters of the answer. */
  answer: z.string().optional(),
});

export type Outcome = (typeof outcomes)[number];
export type Run = z.output<typeof runSchema>;

export interface RunReference {
  readonly scheduleId: string;
  readonly key: string;
}

/** `<schedule id>.<key>`: what callers use to name a run. */
export const runId = ({ scheduleId, key }: RunReference): string => `${scheduleId}.${key}`;

/** The reference in a run id, or undefined when the text is not one. */
export function parseRunId(id: string): RunReference | undefined {
  const dot = id.indexOf(".");
  const key = id.slice(dot + 1);
  return dot > 0 && slotInRunKey(key) !== undefined ? { scheduleId: id.slice(0, dot), key } : undefined;
}

export const hasEnded = (run: Run): boolean => run.state === "ended";
