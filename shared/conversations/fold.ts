import type { Instant } from "../kernel/clock.ts";
import { addUsage, type ModelUsage } from "../kernel/usage.ts";
import { parseArguments } from "./call-arguments.ts";
import type { ConversationEvent, FinishedRun, LoggedEvent, ToolCall } from "./events.ts";

/** A tool call that has no result yet. */
export interface OpenCall extends ToolCall {
  /** Its place among the calls of its turn, from 0. */
  readonly index: number;
}

/** How far one run has come, as its log tells. */
export interface RunProgress {
  readonly turns: number;
  /** Answered ones; a call that was denied was not made. */
  readonly toolCalls: number;
  readonly openCalls: readonly OpenCall[];
  /** What the owner was asked and has not answered. */
  readonly request?: ApprovalRequest | undefined;
  /** What was decided about calls of this turn, by their ids. */
  readonly decisions: ReadonlyMap<string, CallDecision>;
  /** The newest assistant text. */
  readonly answer: string;
  readonly lastFinishReason?: string;
  /** Turns in a row, up to the newest, in which the arguments of a call were no JSON object. */
  readonly malformedTurns: number;
  /** Calls that have failed since they last went well, by name and arguments. */
  readonly failingCalls: ReadonlyMap<string, FailingCall>;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The same by model, in the order in which the models were first asked. */
  readonly usage: readonly ModelUsage[];
  /** The run's system and user messages are in the log. */
  readonly isOpened: boolean;
  readonly newestEpoch: number;
  /** Step number of the next event. */
  readonly nextStep: number;
  readonly finished?: FinishedRun;
}

export interface ApprovalRequest {
  readonly step: number;
  readonly calls: readonly ToolCall[];
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
}

export interface CallDecision {
  readonly approve: boolean;
  readonly by: "owner" | "expiry";
  readonly note?: string | undefined;
}

interface FailingCall {
  readonly times: number;
  /** It failed in more than one turn: the model was told of a failure and made the call again. */
  readonly isRepeated: boolean;
  readonly firstTurn: number;
}

/** The state of `run` after these events. The log is the checkpoint: a new worker goes on at what is missing here. */
export function foldRun(events: readonly LoggedEvent[], run: string): RunProgress {
  return events.reduce<RunProgress>((progress, event) => step(progress, event, run), {
    turns: 0,
    toolCalls: 0,
    openCalls: [],
    decisions: new Map(),
    answer: "",
    malformedTurns: 0,
    failingCalls: new Map(),
    promptTokens: 0,
    completionTokens: 0,
    usage: [],
    isOpened: false,
    newestEpoch: 0,
    nextStep: 0,
  });
}

/** The run that has started in this log and neither finished nor been closed. */
export function findUnfinishedRun(events: readonly LoggedEvent[]): string | undefined {
  let unfinished: string | undefined;
  for (const event of events) {
    if (event.type === "run_started") unfinished = event.run;
    if ((event.type === "run_finished" || event.type === "closed") && event.run === unfinished) unfinished = undefined;
  }
  return unfinished;
}

/** The last run that finished, looking through the carry-over of earlier segments. */
export function findLastFinished(events: readonly LoggedEvent[]): FinishedRun | undefined {
  let last: FinishedRun | undefined;
  for (const event of events) {
    if (event.type === "run_finished") last = endIn(event);
    if (event.type === "carry_over" && event.lastFinished !== undefined) last = event.lastFinished;
  }
  return last;
}

function step(progress: RunProgress, event: LoggedEvent, run: string): RunProgress {
  if (event.type === "carry_over" && event.lastFinished?.run === run) {
    return { ...progress, finished: event.lastFinished };
  }
  if (!("run" in event) || event.run !== run) return progress;
  return { ...apply(progress, event), nextStep: event.step + 1 };
}

function apply(progress: RunProgress, event: ConversationEvent): RunProgress {
  switch (event.type) {
    case "run_started":
      return { ...progress, newestEpoch: Math.max(progress.newestEpoch, event.epoch) };
    case "user":
      return { ...progress, isOpened: true };
    case "assistant":
      return {
        ...progress,
        turns: progress.turns + 1,
        openCalls: event.toolCalls.map((call, index) => ({ ...call, index })),
        request: undefined,
        decisions: new Map(),
        answer: event.text === "" ? progress.answer : event.text,
        lastFinishReason: event.finishReason,
        malformedTurns: event.toolCalls.some(isMalformed) ? progress.malformedTurns + 1 : 0,
        ...spent(progress, event),
      };
    case "tool_result":
      return {
        ...progress,
        toolCalls: progress.toolCalls + (progress.decisions.get(event.callId)?.approve === false ? 0 : 1),
        openCalls: progress.openCalls.filter((call) => call.id !== event.callId),
        failingCalls: withResult(progress, event),
      };
    case "approval_requested": {
      const { step, calls, time, expiresAt } = event;
      return { ...progress, request: { step, calls, requestedAt: time, expiresAt } };
    }
    case "approval_decided":
      return decided(progress, event);
    case "work_reported":
      return { ...progress, answer: event.content };
    case "summary":
      return { ...progress, ...spent(progress, event) };
    case "run_finished":
      return { ...progress, finished: endIn(event) };
    default:
      return progress;
  }
}

/** The decision covers every call that its request names. */
function decided(
  progress: RunProgress,
  { request, approve, by, note }: Extract<ConversationEvent, { type: "approval_decided" }>,
): RunProgress {
  if (progress.request?.step !== request) return progress;
  const ids = progress.request.calls.map(({ id }) => id);
  const decisions = new Map([...progress.decisions, ...ids.map((id) => [id, { approve, by, note }] as const)]);
  return { ...progress, request: undefined, decisions };
}

const isMalformed = (call: ToolCall): boolean => parseArguments(call.arguments) === undefined;

function withResult(
  { openCalls, failingCalls, turns }: RunProgress,
  { callId, isError }: Extract<ConversationEvent, { type: "tool_result" }>,
): RunProgress["failingCalls"] {
  const call = openCalls.find(({ id }) => id === callId);
  if (call === undefined) return failingCalls;
  const name = `${call.name} ${call.arguments}`;
  if (!isError) return new Map([...failingCalls].filter(([failing]) => failing !== name));
  const { times, firstTurn } = failingCalls.get(name) ?? { times: 0, firstTurn: turns };
  return new Map([...failingCalls, [name, { times: times + 1, isRepeated: turns > firstTurn, firstTurn }]]);
}

const spent = (
  { promptTokens, completionTokens, usage }: RunProgress,
  { model, usage: added }: Extract<ConversationEvent, { type: "assistant" | "summary" }>,
) => ({
  promptTokens: promptTokens + added.promptTokens,
  completionTokens: completionTokens + added.completionTokens,
  usage: addUsage(usage, [{ model, ...added }]),
});

const endIn = ({ run, outcome, reason, detail, quiet }: Extract<ConversationEvent, { type: "run_finished" }>) => ({
  run,
  outcome,
  ...(reason === undefined ? {} : { reason }),
  ...(detail === undefined ? {} : { detail }),
  ...(quiet === undefined ? {} : { quiet }),
});
