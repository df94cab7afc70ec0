import type { OpenCall, RunProgress } from "../conversations/fold.ts";
import type { Outcome } from "./run.ts";

/** Model calls in one run. Guards against a model that asks for tools without end. */
const maximumTurns = 20;

/** Tool calls that one turn may ask for; further ones are answered with an error that says so. */
export const maximumToolCallsPerTurn = 16;

export interface TurnConditions {
  readonly timedOut: boolean;
  /** The worker should stop here and let another one go on. */
  readonly mustSuspend: boolean;
  /** The run has killed its worker too often. */
  readonly isPoisoned: boolean;
}

export type TurnDecision =
  | { readonly kind: "call_model" }
  | { readonly kind: "call_tool"; readonly call: OpenCall; readonly isOverLimit: boolean }
  | { readonly kind: "suspend" }
  /** Write the end into the log. */
  | { readonly kind: "finish"; readonly outcome: Outcome; readonly reason?: string }
  /** The log holds the end already; the record has to follow. */
  | { readonly kind: "commit"; readonly outcome: string; readonly reason?: string | undefined };

/** What to do next in a run. Pure: everything that matters is in the log and in the conditions. */
export function decideTurn(progress: RunProgress, conditions: TurnConditions): TurnDecision {
  const { finished, openCalls } = progress;
  if (finished !== undefined) return { kind: "commit", outcome: finished.outcome, reason: finished.reason };
  const end = endOf(progress);
  if (end !== undefined) return { kind: "finish", ...end };
  if (conditions.isPoisoned) return { kind: "finish", outcome: "failed", reason: "poison" };
  if (conditions.timedOut) return { kind: "finish", outcome: "timed_out", reason: "timeout" };
  if (conditions.mustSuspend) return { kind: "suspend" };
  const [call] = openCalls;
  if (call !== undefined) return { kind: "call_tool", call, isOverLimit: call.index >= maximumToolCallsPerTurn };
  if (progress.turns >= maximumTurns) return { kind: "finish", outcome: "failed", reason: "turn_limit" };
  return { kind: "call_model" };
}

/** How the run ends by its last answer; undefined while the model has given none or asks for tools. */
export function endOf(progress: RunProgress): { outcome: Outcome; reason?: string } | undefined {
  if (progress.turns === 0 || progress.lastFinishReason === "tool_calls") return undefined;
  if (progress.lastFinishReason === "content_filter") return { outcome: "failed", reason: "content_filter" };
  const isEmpty = progress.answer === "" && progress.toolCalls === 0;
  return isEmpty ? { outcome: "no_output", reason: "empty_answer" } : { outcome: "succeeded" };
}
