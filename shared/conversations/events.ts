import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";
import { outcomeSchema } from "../kernel/outcome.ts";

export const toolCallSchema = z.object({ id: z.string(), name: z.string(), arguments: z.string() });

const usageSchema = z.object({ promptTokens: z.number().int(), completionTokens: z.number().int() });

const common = { v: z.literal(1), id: z.string(), time: instantSchema };
const inRun = { ...common, run: z.string(), step: z.number().int() };

const endSchema = {
  outcome: outcomeSchema,
  reason: z.string().optional(),
  /** More about the reason, in our own words; for a content filter its categories. */
  detail: z.string().optional(),
  /** Nothing to report: why, in the model's words. */
  quiet: z.string().optional(),
};

const lastFinishedSchema = z.object({ run: z.string(), ...endSchema });

/** Everything that can stand in a conversation's log: one JSON line each, never changed once written. */
export const conversationEventSchema = z.discriminatedUnion("type", [
  /** Fences older workers: `epoch` is the pick-up of the run that writes from here on. */
  z.object({ type: z.literal("run_started"), ...inRun, epoch: z.number().int() }),
  z.object({ type: z.literal("system"), ...inRun, text: z.string() }),
  z.object({ type: z.literal("user"), ...inRun, text: z.string() }),
  z.object({
    type: z.literal("assistant"),
    ...inRun,
    text: z.string(),
    toolCalls: z.array(toolCallSchema),
    model: z.string(),
    usage: usageSchema,
    finishReason: z.string(),
  }),
  z.object({
    type: z.literal("tool_result"),
    ...inRun,
    callId: z.string(),
    name: z.string(),
    content: z.string(),
    isError: z.boolean(),
    durationMs: z.number(),
  }),
  /** The run waits until its owner has decided about these calls, which are open. */
  z.object({
    type: z.literal("approval_requested"),
    ...inRun,
    calls: z.array(toolCallSchema),
    expiresAt: instantSchema,
  }),
  /** `request` is the step of the request. */
  z.object({
    type: z.literal("approval_decided"),
    ...inRun,
    request: z.number().int(),
    approve: z.boolean(),
    by: z.enum(["owner", "expiry"]),
    note: z.string().optional(),
  }),
  /** A Scheduler has done the work of this run itself, and this is what it says. */
  z.object({
    type: z.literal("work_reported"),
    ...inRun,
    status: z.enum(["completed", "failed", "cancelled"]),
    content: z.string(),
  }),
  /** Stands for everything before it in the next prompts; what it stands for stays in the log. */
  z.object({ type: z.literal("summary"), ...inRun, text: z.string(), model: z.string(), usage: usageSchema }),
  z.object({ type: z.literal("run_finished"), ...inRun, ...endSchema }),
  /** Ends a run that was cancelled from outside and could not write its own end. */
  z.object({ type: z.literal("closed"), ...inRun }),
  /** Last line of a segment; whoever reads it goes on in the next segment. */
  z.object({ type: z.literal("sealed"), ...common, lastFinished: lastFinishedSchema.optional() }),
  /** First line of a segment: what the next prompt and a resumed run need from the one before. */
  z.object({
    type: z.literal("carry_over"),
    ...common,
    text: z.string().optional(),
    lastFinished: lastFinishedSchema.optional(),
  }),
]);

export type FinishedRun = z.output<typeof lastFinishedSchema>;
export type ToolCall = z.output<typeof toolCallSchema>;
export type ConversationEvent = z.output<typeof conversationEventSchema>;

/** An event of a later version of this app: kept in the log, skipped by the fold, shown to readers as it is. */
interface UnknownEvent {
  readonly type: "unknown";
  readonly raw: Readonly<Record<string, unknown>>;
}

export type LoggedEvent = ConversationEvent | UnknownEvent;
