import { foldRun } from "../conversations/fold.ts";
import type { ModelFailure, ModelReply } from "../model/model.ts";
import { promptOf } from "../runs/prompt.ts";
import { decideRetry } from "../runs/retry.ts";
import { runId } from "../runs/run.ts";
import { endOf } from "../runs/turn.ts";
import { holdWhile } from "./hold-while.ts";
import { leaveToOthers, requeue, type SessionEnd } from "./run-session.ts";
import { append, eventOf, eventsOf, leftMs, type NewEvent, stopEnded, type Work } from "./run-work.ts";

/** One model call and its record in the log. Answers how the session ends, or undefined when the run goes on. */
export async function callModel(work: Work): Promise<SessionEnd | undefined> {
  const { session, engine, tools } = work;
  if (!(await session.writer.holds())) return leaveToOthers(session);
  const { model } = session.schedule.value.definition;
  const [left, longest] = [leftMs(work), session.ports.settings.modelCallMs];
  const held = await holdWhile(session, Math.min(left, longest), (signal) =>
    engine.model.complete({
      messages: promptOf(eventsOf(work), runId(session.reference)),
      tools: tools.map(({ name, description, inputSchema }) => ({ name, description, parameters: inputSchema })),
      ...(model === undefined ? {} : { model }),
      signal,
    }),
  );
  if (held.kind === "lost") return leaveToOthers(session);
  if (held.kind === "ended") return stopEnded(session);
  // Which of the two limits was met is not asked of the clock again: it may have been set right by a second meanwhile.
  if (held.kind === "timeout") return left <= longest ? timedOut(work) : retryOrFail(work, { class: "transient" });
  if (!held.value.ok) return retryOrFail(work, held.value.failure);
  const answer = assistantEvent(held.value.reply);
  return (await append(work, [answer, ...endAfter(work, answer)])) ? undefined : leaveToOthers(session);
}

/** The last answer and the end of the run are written as one: one call less, and no crash comes between them. */
function endAfter(work: Work, answer: NewEvent): readonly NewEvent[] {
  const { session } = work;
  const end = endOf(foldRun([...eventsOf(work), eventOf(session, answer, 0)], runId(session.reference)));
  return end === undefined ? [] : [{ type: "run_finished", ...end }];
}

async function timedOut(work: Work): Promise<SessionEnd | undefined> {
  const end: NewEvent = { type: "run_finished", outcome: "timed_out", reason: "timeout" };
  return (await append(work, [end])) ? undefined : leaveToOthers(work.session);
}

async function retryOrFail(work: Work, failure: ModelFailure): Promise<SessionEnd | undefined> {
  const { session } = work;
  const failures = session.record.value.failures + 1;
  const { maxAttempts } = session.schedule.value.definition.policies;
  const decision = decideRetry(failure, failures, maxAttempts, session.ports.dice());
  if (decision.kind === "give_up") {
    const { outcome, reason } = decision;
    return (await append(work, [{ type: "run_finished", outcome, reason }])) ? undefined : leaveToOthers(session);
  }
  const notBefore = session.ports.clock.now() + Math.round(decision.delayMs);
  return requeue(session, { failures, notBefore, attemptStartedAt: undefined }, decision.delayMs);
}

const assistantEvent = ({ text, toolCalls, model, usage, finishReason }: ModelReply): NewEvent => ({
  type: "assistant",
  text,
  toolCalls: [...toolCalls],
  model,
  usage,
  // A reply with tool calls goes on with them, whatever reason the provider gives.
  finishReason: toolCalls.length > 0 ? "tool_calls" : finishReason === "tool_calls" ? "stop" : finishReason,
});
