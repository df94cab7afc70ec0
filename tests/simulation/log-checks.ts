import type { ConversationEvent, LoggedEvent } from "../../shared/conversations/events.ts";
import { createSegmentChecks } from "./segment-checks.ts";
import type { Tally } from "./tally.ts";

type EventOf<T extends ConversationEvent["type"]> = Extract<ConversationEvent, { type: T }>;

interface RunLog {
  turns: number;
  summaries: number;
  calls: readonly string[];
  readonly open: Set<string>;
  nextStep: number;
  ends: number;
  /** Of calls that nobody has denied. */
  results: number;
  /** What the owner was asked about last. */
  asked: readonly string[];
  readonly denied: Set<string>;
  hasText: boolean;
  /** What a Scheduler says of work that it did itself. */
  reported?: EventOf<"work_reported">["status"];
  finishReason?: string;
}

/** The open run of a conversation. */
interface Current {
  readonly run: string;
  readonly segment: number;
}

/** A tool's result is cut at 64 KiB, and a line says so. */
const mostResultBytes = 64 * 1024 + 200;
/** Turns of one run, and tool calls of one turn that are made. */
const mostTurns = 20;
const mostCallsPerTurn = 16;

/** What must hold of every conversation's log; asked with each block that storage appends. */
export function createLogChecks(tally: Tally, settings: { segmentEvents: number }) {
  const { check } = tally;
  const segments = createSegmentChecks(tally, settings);
  const seen = new Set<string>();
  const runs = new Map<string, RunLog>();
  /** The run that has begun in a conversation and not ended there. */
  const current = new Map<string, Current>();
  const finishedTools = new Set<string>();

  return {
    turnsOf: (run: string): number => runs.get(run)?.turns ?? 0,
    /** Answers of the model so far, those to requests for a summary included. */
    answersOf: (run: string): number => (runs.get(run)?.turns ?? 0) + (runs.get(run)?.summaries ?? 0),
    endsOf: (run: string): number => runs.get(run)?.ends ?? 0,
    openCallsOf: (run: string): number => runs.get(run)?.open.size ?? 0,
    hasToolResult: (idempotencyKey: string): boolean => finishedTools.has(idempotencyKey),
    newestSegmentOf: segments.newestOf,

    /** Somebody has deleted the conversation, newest segment first. */
    removed(conversation: string, segment: number | undefined): void {
      segments.forget(conversation, segment);
      current.delete(conversation);
    },

    events(conversation: string, segment: number, added: readonly LoggedEvent[]): void {
      for (const event of added) {
        const isNew = "run" in event && !runs.has(event.run);
        segments.event(conversation, segment, event, { isOpen: current.has(conversation), isNew });
        if (event.type === "unknown") continue;
        check("log well formed", !seen.has(event.id), () => `event ${event.id} stands twice in ${conversation}`);
        seen.add(event.id);
        if ("run" in event) inRun(conversation, segment, event);
      }
    },

    /** A segment is damaged: the run that is open in it has lost its log. */
    spoil(conversation: string, segment: number): void {
      segments.spoil(conversation, segment);
      const open = current.get(conversation);
      if (open?.segment !== segment) return;
      current.delete(conversation);
      const log = runs.get(open.run);
      if (log?.ends === 0) runs.delete(open.run);
      else if (log !== undefined) log.nextStep = 0;
    },
  };

  function inRun(conversation: string, segment: number, event: Extract<ConversationEvent, { run: string }>): void {
    const { run, type } = event;
    const log = runs.get(run) ?? emptyLog();
    runs.set(run, log);
    const open = current.get(conversation);
    const isInPlace = open?.run === run || (type === "run_started" && open === undefined);
    check("log well formed", isInPlace, () => `${type} of ${run} stands where ${open?.run ?? "no run"} is open`);
    const isWhole = open === undefined || open.segment === segment;
    check("segments follow", isWhole, () => `${run} goes on in segment ${segment}`);
    check(
      "log well formed",
      event.step === log.nextStep,
      () => `${type} of ${run} has step ${event.step}, not ${log.nextStep}`,
    );
    log.nextStep = event.step + 1;
    if (type === "run_started") current.set(conversation, { run, segment });
    // A run that is taken up again after its end, to be committed, and cancelled meanwhile is closed by the next one.
    if (type === "closed") current.delete(conversation);
    if (type === "run_finished") end(conversation, event, log);
    if (type === "work_reported") log.reported = event.status;
    if (type === "summary") log.summaries++;
    if (type === "assistant") answer(log, event);
    if (type === "tool_result") result(log, event);
    if (type === "approval_requested") log.asked = event.calls.map(({ id }) => id);
    if (type === "approval_decided" && !event.approve) for (const id of log.asked) log.denied.add(id);
  }

  function end(conversation: string, event: EventOf<"run_finished">, log: RunLog): void {
    log.ends++;
    current.delete(conversation);
    check("log well formed", log.ends === 1, () => `${event.run} ends ${log.ends} times in its log`);
    const text = () => `${event.run} ends ${event.outcome} (${event.reason}) after ${JSON.stringify(log)}`;
    check("ends as documented", isDocumented(event, log), text);
  }

  function answer(log: RunLog, { run, toolCalls, text, finishReason }: EventOf<"assistant">): void {
    check("log well formed", log.open.size === 0, () => `${run} went on with tool calls unanswered`);
    log.turns++;
    check("log bounded", log.turns <= mostTurns, () => `${run} has ${log.turns} turns`);
    log.hasText ||= text !== "";
    log.finishReason = finishReason;
    log.calls = toolCalls.map(({ id }) => id);
    for (const id of log.calls) log.open.add(id);
  }

  function result(log: RunLog, { run, callId, content }: EventOf<"tool_result">): void {
    check("done once", log.open.delete(callId), () => `the call ${callId} of ${run} has a second result`);
    const bytes = Buffer.byteLength(content);
    check("log bounded", bytes <= mostResultBytes, () => `a result of ${run} has ${bytes} bytes`);
    if (!log.denied.has(callId)) log.results++;
    finishedTools.add(`${run.replace(".", ":")}:${log.turns}.${log.calls.indexOf(callId)}`);
  }
}

const emptyLog = (): RunLog => ({
  turns: 0,
  summaries: 0,
  calls: [],
  open: new Set(),
  nextStep: 0,
  ends: 0,
  results: 0,
  asked: [],
  denied: new Set(),
  hasText: false,
});

/** Whether the end fits to what the log holds before it. */
function isDocumented({ outcome, reason, quiet }: EventOf<"run_finished">, log: RunLog): boolean {
  const hasAnswered = log.turns > 0 && log.finishReason !== "tool_calls";
  if (reason === "reported") return log.turns === 0 && reportedEnds[log.reported ?? "none"].includes(outcome);
  if (quiet !== undefined) return outcome === "succeeded" && !hasAnswered && log.calls.length === 1;
  if (outcome === "succeeded") {
    return hasAnswered && log.finishReason !== "content_filter" && (log.hasText || log.results > 0);
  }
  if (outcome === "no_output") return hasAnswered && !log.hasText && log.results === 0;
  if (outcome === "budget_exceeded" && hasAnswered) return log.finishReason === "length";
  if (hasAnswered) return reason === "content_filter" && log.finishReason === "content_filter";
  return reason !== "turn_limit" || (log.turns === mostTurns && log.open.size === 0);
}

const reportedEnds: Readonly<Record<NonNullable<RunLog["reported"]> | "none", readonly string[]>> = {
  none: [],
  completed: ["succeeded", "no_output"],
  failed: ["failed"],
  cancelled: ["cancelled"],
};

/** Whether a tool call of a turn is to be made; the others are answered without one. */
export const isWithinTurn = (index: number): boolean => index < mostCallsPerTurn;
