import type { ConversationEvent, LoggedEvent } from "../../shared/conversations/events.ts";
import type { Tally } from "./tally.ts";

interface RunLog {
  turns: number;
  calls: readonly string[];
  readonly open: Set<string>;
  nextStep: number;
  ends: number;
}

/** What must hold of every conversation's log; asked with each block that storage appends. */
export function createLogChecks({ check }: Tally) {
  const seen = new Set<string>();
  const runs = new Map<string, RunLog>();
  const sealed = new Set<string>();
  /** The run that has begun in a conversation and not ended there. */
  const current = new Map<string, string>();
  const finishedTools = new Set<string>();

  return {
    turnsOf: (run: string): number => runs.get(run)?.turns ?? 0,
    endsOf: (run: string): number => runs.get(run)?.ends ?? 0,
    openCallsOf: (run: string): number => runs.get(run)?.open.size ?? 0,
    hasToolResult: (idempotencyKey: string): boolean => finishedTools.has(idempotencyKey),

    events(conversation: string, segment: number, added: readonly LoggedEvent[]): void {
      const place = `${conversation}/${segment}`;
      for (const event of added) {
        check("log well formed", !sealed.has(place), () => `${event.type} stands behind the seal of ${place}`);
        if (event.type === "unknown") continue;
        check("log well formed", !seen.has(event.id), () => `event ${event.id} stands twice in ${conversation}`);
        seen.add(event.id);
        if (event.type === "sealed") sealed.add(place);
        if ("run" in event) inRun(conversation, event);
      }
    },
  };

  function inRun(conversation: string, event: Extract<ConversationEvent, { run: string }>): void {
    const { run, type } = event;
    const log = runs.get(run) ?? { turns: 0, calls: [], open: new Set(), nextStep: 0, ends: 0 };
    runs.set(run, log);
    const open = current.get(conversation);
    const isInPlace = open === run || (type === "run_started" && open === undefined);
    check("log well formed", isInPlace, () => `${type} of ${run} stands where ${open ?? "no run"} is open`);
    check(
      "log well formed",
      event.step === log.nextStep,
      () => `${type} of ${run} has step ${event.step}, not ${log.nextStep}`,
    );
    log.nextStep = event.step + 1;
    if (type === "run_started") current.set(conversation, run);
    // A run that is taken up again after its end, to be committed, and cancelled meanwhile is closed by the next one.
    if (type === "closed") current.delete(conversation);
    if (type === "run_finished") end(conversation, run, log);
    if (type === "assistant") answer(log, event);
    if (type === "tool_result") result(log, event);
  }

  function end(conversation: string, run: string, log: RunLog): void {
    log.ends++;
    current.delete(conversation);
    check("log well formed", log.ends === 1, () => `${run} ends ${log.ends} times in its log`);
  }

  function answer(log: RunLog, { run, toolCalls }: Extract<ConversationEvent, { type: "assistant" }>): void {
    check("log well formed", log.open.size === 0, () => `${run} went on with tool calls unanswered`);
    log.turns++;
    log.calls = toolCalls.map(({ id }) => id);
    for (const id of log.calls) log.open.add(id);
  }

  function result(log: RunLog, { run, callId }: Extract<ConversationEvent, { type: "tool_result" }>): void {
    check("done once", log.open.delete(callId), () => `the call ${callId} of ${run} has a second result`);
    finishedTools.add(`${run.replace(".", ":")}:${log.turns}.${log.calls.indexOf(callId)}`);
  }
}
