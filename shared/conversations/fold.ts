import type { ConversationEvent, LoggedEvent, ToolCall } from "./events.ts";

/** A tool call that has no result yet. */
export interface OpenCall extends ToolCall {
  /** Its place among the calls of its turn, from 0. */
  readonly index: number;
}

/** How far one run has come, as its log tells. */
export interface RunProgress {
  readonly turns: number;
  readonly toolCalls: number;
  readonly openCalls: readonly OpenCall[];
  /** The newest assistant text. */
  readonly answer: string;
  readonly lastFinishReason?: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The run's system and user messages are in the log. */
  readonly isOpened: boolean;
  readonly newestEpoch: number;
  /** Step number of the next event. */
  readonly nextStep: number;
  readonly finished?: FinishedRun;
}

export interface FinishedRun {
  readonly run: string;
  readonly outcome: string;
  readonly reason?: string | undefined;
}

/** The state of `run` after these events. The log is the checkpoint: a new worker goes on at what is missing here. */
export function foldRun(events: readonly LoggedEvent[], run: string): RunProgress {
  return events.reduce<RunProgress>((progress, event) => step(progress, event, run), {
    turns: 0,
    toolCalls: 0,
    openCalls: [],
    answer: "",
    promptTokens: 0,
    completionTokens: 0,
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
    if (event.type === "run_finished") last = { run: event.run, outcome: event.outcome, reason: event.reason };
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
        answer: event.text === "" ? progress.answer : event.text,
        lastFinishReason: event.finishReason,
        promptTokens: progress.promptTokens + event.usage.promptTokens,
        completionTokens: progress.completionTokens + event.usage.completionTokens,
      };
    case "tool_result":
      return {
        ...progress,
        toolCalls: progress.toolCalls + 1,
        openCalls: progress.openCalls.filter((call) => call.id !== event.callId),
      };
    case "run_finished":
      return { ...progress, finished: { run: event.run, outcome: event.outcome, reason: event.reason } };
    default:
      return progress;
  }
}
