import type { ConversationEvent } from "../../shared/conversations/events.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { sampleSlot } from "./sample-records.ts";

/** Events of runs, with everything in them that a test does not name. */

type EventOfType<T extends ConversationEvent["type"]> = Extract<ConversationEvent, { type: T }>;

const common = { v: 1, id: "e", time: sampleSlot } as const;
const inRun = (run: string, step: number) => ({ ...common, run, step });

export const started = (run: string, epoch = 1, step = 0): ConversationEvent => ({
  type: "run_started",
  ...inRun(run, step),
  epoch,
});

export const system = (run: string, text: string): ConversationEvent => ({ type: "system", ...inRun(run, 1), text });

export const user = (run: string, text: string): ConversationEvent => ({ type: "user", ...inRun(run, 2), text });

export const assistant = (run: string, more: Partial<EventOfType<"assistant">> = {}): ConversationEvent => ({
  type: "assistant",
  ...inRun(run, 3),
  text: "",
  toolCalls: [],
  model: "m",
  usage: { promptTokens: 10, completionTokens: 5 },
  finishReason: "stop",
  ...more,
});

/** An assistant that asks for tools, named by the ids of the calls. */
export const asks = (run: string, ...ids: string[]): ConversationEvent =>
  assistant(run, {
    toolCalls: ids.map((id) => ({ id, name: "look_up", arguments: "{}" })),
    finishReason: "tool_calls",
  });

export const result = (run: string, callId: string, content = "found"): ConversationEvent => ({
  type: "tool_result",
  ...inRun(run, 4),
  callId,
  name: "look_up",
  content,
  isError: false,
  durationMs: 1,
});

export const summary = (run: string, text: string): ConversationEvent => ({
  type: "summary",
  ...inRun(run, 4),
  text,
  model: "m",
  usage: { promptTokens: 7, completionTokens: 3 },
});

export const finished = (run: string, outcome: Outcome = "succeeded", reason?: string): ConversationEvent => ({
  type: "run_finished",
  ...inRun(run, 5),
  outcome,
  reason,
});

export const closed = (run: string): ConversationEvent => ({ type: "closed", ...inRun(run, 6) });

export const carryOver = (more: Partial<EventOfType<"carry_over">>): ConversationEvent => ({
  type: "carry_over",
  ...common,
  ...more,
});

export const sealed: ConversationEvent = { type: "sealed", ...common };

/** Asks about calls, named by their ids. */
export const requested = (run: string, step: number, ids: readonly string[]): ConversationEvent => ({
  type: "approval_requested",
  ...inRun(run, step),
  calls: ids.map((id) => ({ id, name: "send", arguments: "{}" })),
  expiresAt: sampleSlot + 86_400_000,
});

/** Decides about the request with that step. */
export const decided = (run: string, request: number, approve: boolean): ConversationEvent => ({
  type: "approval_decided",
  ...inRun(run, request + 1),
  request,
  approve,
  by: "owner",
});
