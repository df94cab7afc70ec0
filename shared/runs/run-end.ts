import type { OpenCall, RunProgress } from "../conversations/fold.ts";
import type { Outcome } from "../kernel/outcome.ts";
import type { Tool } from "../tools/toolbox.ts";
import type { TokensLeft } from "./budget.ts";
import { nothingToReport, quietReason } from "./quiet.ts";

export interface RunEnd {
  readonly outcome: Outcome;
  /** In a word for programs; docs/conversations.md lists them. */
  readonly reason?: string;
  /** More about the reason, in our own words. */
  readonly detail?: string;
  /** Nothing to report: why, in the model's words. */
  readonly quiet?: string;
  /** The call that asked for this end; it gets its result with it. */
  readonly answers?: OpenCall;
}

/**
 * Times that the same call, with the same arguments, may fail before the run is given up. Calls of one turn do not know
 * of each other's failure, so it is given up once the model has read of one and made the call again.
 */
const maximumFailuresOfCall = 3;

/** The model is told once that arguments are no JSON; a model that repeats it will not learn it. */
const maximumMalformedTurns = 2;

/** How the run ends by what its log says; undefined while there is something to do. */
export function endOf(
  progress: RunProgress,
  { tools, left }: { readonly tools: readonly Tool[]; readonly left: TokensLeft },
): RunEnd | undefined {
  if (progress.turns === 0) return undefined;
  if (progress.lastFinishReason === "tool_calls") return quietEnd(progress, tools) ?? hopelessEnd(progress);
  if (progress.lastFinishReason === "content_filter") return { outcome: "failed", reason: "content_filter" };
  // What was left was the answer's limit, and half an answer is not what was asked for.
  const isCutByBudget = progress.lastFinishReason === "length" && left.tokens <= 0;
  if (isCutByBudget) return { outcome: "budget_exceeded", reason: left.limit };
  const isEmpty = progress.answer === "" && progress.toolCalls === 0;
  return isEmpty ? { outcome: "no_output", reason: "empty_answer" } : { outcome: "succeeded" };
}

function quietEnd({ openCalls, malformedTurns }: RunProgress, tools: readonly Tool[]): RunEnd | undefined {
  const [call] = openCalls;
  if (call === undefined || openCalls.length > 1 || call.index > 0 || malformedTurns > 0) return undefined;
  const isOffered = call.name === nothingToReport.name && tools.includes(nothingToReport);
  return isOffered ? { outcome: "succeeded", quiet: quietReason(call.arguments), answers: call } : undefined;
}

function hopelessEnd({ malformedTurns, failingCalls }: RunProgress): RunEnd | undefined {
  if (malformedTurns >= maximumMalformedTurns) return { outcome: "failed", reason: "bad_tool_arguments" };
  const isHopeless = [...failingCalls.values()].some(
    ({ times, isRepeated }) => isRepeated && times >= maximumFailuresOfCall,
  );
  return isHopeless ? { outcome: "failed", reason: "repeated_tool_failure" } : undefined;
}
