import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";
import { modelUsageSchema } from "../kernel/usage.ts";
import { notifySchema } from "./notify.ts";
import { planSchema } from "./plan.ts";
import { policiesSchema } from "./policies.ts";

/** chat: what a person said by hand in a conversation. */
export const runKindSchema = z.enum(["planned", "catchup", "manual", "backfill", "chat"]);

/** What woke us at a slot: the built-in timer, or the callback of an external Scheduler. */
export const alarmSchema = z.enum(["timer", "scheduler"]);

/** Stands for every tool; only what is begun by hand may name it, whose owner is there to decide about each change. */
export const everyTool = "*";

/** What the owner asked for. */
const definitionSchema = z.object({
  name: z.string(),
  prompt: z.string(),
  plan: planSchema,
  conversation: z.enum(["new", "continue"]),
  policies: policiesSchema,
  /** Names, `server:*` patterns or `everyTool`; absent means every read-only tool. */
  allowedTools: z.array(z.string()).optional(),
  tags: z.array(z.string()),
  model: z.string().optional(),
  /** Absent: on_failure. */
  notify: notifySchema.optional(),
  /** Absent: where the deployment says. */
  notifyUrl: z.string().optional(),
});

/**
 * One unfinished run as the gate sees it. `pending`: not yet admitted. `active`: admitted, holds the gate.
 * `buffered`: waits for the active run to end. `refused`: will get `outcome` without ever running.
 */
const openRunSchema = z.object({
  key: z.string(),
  slot: instantSchema,
  kind: runKindSchema,
  state: z.enum(["pending", "active", "buffered", "refused"]),
  conversationId: z.string(),
  openedAt: instantSchema,
  /** Only of planned and catch-up runs. */
  alarm: alarmSchema.optional(),
  /** The first that was dispatched after a time in which nobody had looked for due slots; its owner is told. */
  afterSilence: z.literal(true).optional(),
  /** What a person said; only in a run of kind chat. */
  message: z.string().optional(),
  outcome: z.enum(["cancelled", "skipped_overlap"]).optional(),
  reason: z.string().optional(),
  /** Admitted by the release of another run, which may have died before it could wake this one. */
  promoted: z.boolean().optional(),
});

/**
 * What was asked for by hand under `id`: one run of the moment `slot`, or with `through` the planned slots from `slot`
 * to there. A repeat of the call is known by it.
 */
const triggerSchema = z.object({
  id: z.string(),
  slot: instantSchema,
  through: instantSchema.optional(),
  /** Hash of what a person said, to tell a repeat from a conflict. */
  fingerprint: z.string().optional(),
});

/** What the runs that ended in one calendar month of the schedule's zone have cost. */
const monthUsageSchema = z.object({
  /** YYYY-MM. */
  month: z.string(),
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
  runs: z.number().int(),
  /** The same tokens by model, for their cost. */
  models: z.array(modelUsageSchema),
});

/** The answer of the newest run that had something to report, at most 4 KiB of it. */
const lastReportSchema = z.object({ run: z.string(), slot: instantSchema, text: z.string() });

/** Where the next slot can be found by a tick. `seq` grows with each marker, so an old one is told from a coming one. */
const markerSchema = z.object({ shard: z.number().int(), slot: instantSchema, seq: z.number().int() });

/** A slot for which an external Scheduler is to call us back, and its own id for that. */
const armedSchema = z.object({ slot: instantSchema, id: z.string() });

/** A callback that named no slot, by the id that its sender gives each repeat of it, and the slot that it dispatched. */
const callbackSchema = z.object({ id: z.string(), slot: instantSchema });

/**
 * A schedule, and the single gate of everything that concerns more than one of its runs: dispatch, admission, overlap,
 * max_runs, pausing and release are each one compare-and-swap of this record. Everything after such a swap may be
 * repeated by anyone and is repaired from what it says.
 */
export const scheduleSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  owner: z.string(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
  revision: z.number().int(),
  definition: definitionSchema,
  status: z.enum(["active", "paused", "completed", "deleted"]),
  pausedAt: instantSchema.optional(),
  /** In the words of the person who paused it. */
  pauseReason: z.string().optional(),
  /** Key of the run whose failure has paused it. */
  pausedBy: z.string().optional(),
  /** Hash of what was asked for under an idempotency key, to tell a repeat from a conflict. */
  fingerprint: z.string().optional(),
  /** The slot that is dispatched next; null when none is left. */
  next: instantSchema.nullable(),
  marker: markerSchema.nullable(),
  seq: z.number().int(),
  armed: armedSchema.optional(),
  /** The newest such callbacks, oldest first, bounded. Absent: none yet. */
  callbacks: z.array(callbackSchema).optional(),
  /** When somebody looked again after the newest such silence. Slots up to then belong to it. */
  silentUntil: instantSchema.optional(),
  open: z.array(openRunSchema),
  /** The newest triggers, oldest first, bounded; written by the swap that opens their runs. Absent: none yet. */
  triggers: z.array(triggerSchema).optional(),
  /** Planned and catch-up runs admitted so far; what max_runs limits. */
  counted: z.number().int(),
  /** Runs that were admitted and have ended. */
  finished: z.number().int(),
  /** Consecutive failed runs. */
  failures: z.number().int(),
  /** The newest month in which a run ended. */
  usage: monthUsageSchema.optional(),
  lastReport: lastReportSchema.optional(),
  /**
   * The conversation that is continued by hand through this gate. Such a schedule has no slots and is in no list; its
   * runs are of kind chat.
   */
  chatIn: z.string().optional(),
  /** Newest segment of the continued conversation; a stale value only costs reads. */
  segment: z.number().int(),
  /** Local times that daylight saving time left out, newest last, bounded. */
  skippedLocalTimes: z.array(z.string()),
});

export type Definition = z.output<typeof definitionSchema>;
export type OpenRun = z.output<typeof openRunSchema>;
export type RunKind = z.output<typeof runKindSchema>;
export type Alarm = z.output<typeof alarmSchema>;
export type Armed = z.output<typeof armedSchema>;
export type Trigger = z.output<typeof triggerSchema>;
export type Marker = z.output<typeof markerSchema>;
export type Schedule = z.output<typeof scheduleSchema>;
