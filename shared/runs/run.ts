import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";
import { outcomeSchema } from "../kernel/outcome.ts";
import { modelUsageSchema } from "../kernel/usage.ts";
import { slotInRunKey } from "../schedule/run-key.ts";
import { alarmSchema, runKindSchema } from "../schedule/schedule.ts";
import { noticeSchema } from "./notice.ts";
import { workReportSchema } from "./work-report.ts";

/** What a run waits for: the request with this step in its log, until then; undecided, it counts as denied. */
const waitingSchema = z.object({ step: z.number().int(), expiresAt: instantSchema });

/** What was decided about the request with this step, by its owner or, undecided, by its expiry. */
const decisionSchema = z.object({
  step: z.number().int(),
  approve: z.boolean(),
  by: z.enum(["owner", "expiry"]),
  note: z.string().optional(),
  at: instantSchema,
});

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
  /** Which alarm has dispatched it; only of planned and catch-up runs. */
  alarm: alarmSchema.optional(),
  /** A Scheduler has done the work itself; the run only records it. */
  report: workReportSchema.optional(),
  state: z.enum(["queued", "running", "waiting_approval", "ended"]),
  createdAt: instantSchema,
  epoch: z.number().int(),
  crashes: z.number().int(),
  failures: z.number().int(),
  /** The worker of the newest pick-up: how a worker knows its own write after a lost reply. */
  worker: z.string().optional(),
  startedAt: instantSchema.optional(),
  /** When the present attempt began; the run's timeout counts from here, and waiting for a retry does not count. */
  attemptStartedAt: instantSchema.optional(),
  /** What a person said; only in a run of kind chat, until it ends. The log keeps it. */
  message: z.string().optional(),
  /** Only while the run waits; a run that was ended meanwhile keeps it, so that its marker can be found. */
  waiting: waitingSchema.optional(),
  /** The newest decision; kept, so that a repeat of it is known. */
  decision: decisionSchema.optional(),
  /** Not to be picked up before: the wait before a retry. */
  notBefore: instantSchema.optional(),
  outcome: outcomeSchema.optional(),
  /** Why, in a word for programs: superseded, max_runs, deleted, poison, ... */
  reason: z.string().optional(),
  /** More about the reason, in our own words; for a content filter its categories. */
  detail: z.string().optional(),
  /** What the person who cancelled it said. */
  note: z.string().optional(),
  endedAt: instantSchema.optional(),
  /** A missed record stands for every slot from its own to this one. */
  missedThrough: instantSchema.optional(),
  turns: z.number().int(),
  toolCalls: z.number().int(),
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
  /** Tokens by model, in the order in which the models were first asked. */
  usage: z.array(modelUsageSchema).optional(),
  /** The first 4 KiB of the answer: lists show less of it, and the schedule's next run begins with it. */
  answer: z.string().optional(),
  /** The run succeeded and had nothing to report: why, in the model's words. */
  quiet: z.string().optional(),
  /** What its owner is told about it, in the order in which it became true. Absent: nothing. */
  notices: z.array(noticeSchema).optional(),
});

export type Decision = z.output<typeof decisionSchema>;
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
