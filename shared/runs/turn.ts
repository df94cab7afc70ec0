import type { FinishedRun, ToolCall } from "../conversations/events.ts";
import type { ApprovalRequest, RunProgress } from "../conversations/fold.ts";
import type { Definition } from "../schedule/schedule.ts";
import type { Tool } from "../tools/toolbox.ts";
import type { TokensLeft } from "./budget.ts";
import { undecidedCalls } from "./needs-approval.ts";
import { type NextCall, nextCalls } from "./next-calls.ts";
import type { Decision } from "./run.ts";
import { endOf, type RunEnd } from "./run-end.ts";
import { endOfReported, type WorkReport } from "./work-report.ts";

/** Model calls in one run. Guards against a model that asks for tools without end. */
const maximumTurns = 20;

export interface TurnConditions {
  readonly timedOut: boolean;
  /** The worker should stop here and let another one go on. */
  readonly mustSuspend: boolean;
  /** The run has killed its worker too often. */
  readonly isPoisoned: boolean;
  /** What the run may use. */
  readonly tools: readonly Tool[];
  readonly left: TokensLeft;
  /** The next prompt is longer than it should be, and what it holds can be summed up. */
  readonly isPromptLong: boolean;
  /** Says which calls wait for approval. */
  readonly definition: Pick<Definition, "policies" | "allowedTools">;
  /** The work was done elsewhere. */
  readonly report: WorkReport | undefined;
  /** The newest decision of the run's owner, or of an expiry. */
  readonly decision: Decision | undefined;
}

export type TurnDecision =
  | { readonly kind: "call_model" }
  /** The next prompt would be too long: let the model sum up what there is so far. */
  | { readonly kind: "summarise" }
  /** Make these calls at the same time. */
  | { readonly kind: "call_tools"; readonly calls: readonly NextCall[] }
  /** Write the request for approval into the log. */
  | { readonly kind: "request_approval"; readonly calls: readonly ToolCall[] }
  /** The request is in the log: show it to people and wait for them. */
  | { readonly kind: "wait_for_approval"; readonly request: ApprovalRequest }
  /** Write what was decided into the log. Only then a call that needs approval is made. */
  | { readonly kind: "note_decision"; readonly decision: Decision }
  | { readonly kind: "suspend" }
  /** Write the end into the log. */
  | ({ readonly kind: "finish" } & RunEnd)
  /** The log holds the end already; the record has to follow. */
  | { readonly kind: "commit"; readonly finished: FinishedRun };

/** What to do next in a run. Pure: everything that matters is in the log and in the conditions. */
export function decideTurn(progress: RunProgress, conditions: TurnConditions): TurnDecision {
  const { finished } = progress;
  if (finished !== undefined) return { kind: "commit", finished };
  if (conditions.report !== undefined) return { kind: "finish", ...endOfReported(conditions.report) };
  const end = endOf(progress, conditions);
  if (end !== undefined) return { kind: "finish", ...end };
  if (conditions.isPoisoned) return { kind: "finish", outcome: "failed", reason: "poison" };
  if (conditions.timedOut) return { kind: "finish", outcome: "timed_out", reason: "timeout" };
  if (conditions.mustSuspend) return { kind: "suspend" };
  const approval = approvalStep(progress, conditions);
  if (approval !== undefined) return approval;
  const calls = nextCalls(progress, conditions.tools);
  if (calls.length > 0) return { kind: "call_tools", calls };
  if (progress.turns >= maximumTurns) return { kind: "finish", outcome: "failed", reason: "turn_limit" };
  const { left, isPromptLong } = conditions;
  if (left.tokens <= 0) return { kind: "finish", outcome: "budget_exceeded", reason: left.limit };
  return { kind: isPromptLong ? "summarise" : "call_model" };
}

/** Nothing of a turn is done while one of its calls waits for approval; one decision covers all that wait. */
function approvalStep(
  progress: RunProgress,
  { tools, definition, decision }: TurnConditions,
): TurnDecision | undefined {
  const { request } = progress;
  if (request !== undefined && decision?.step === request.step) return { kind: "note_decision", decision };
  const undecided = undecidedCalls(progress, tools, definition);
  if (undecided.length === 0) return undefined;
  if (request !== undefined) return { kind: "wait_for_approval", request };
  return { kind: "request_approval", calls: undecided.map(({ index: _index, ...call }) => call) };
}
