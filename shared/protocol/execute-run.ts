import { foldRun, type RunProgress } from "../conversations/fold.ts";
import { outcomeSchema, type Run, runId } from "../runs/run.ts";
import { decideTurn } from "../runs/turn.ts";
import { callModel } from "./call-model.ts";
import { callTool } from "./call-tool.ts";
import { completeEnd } from "./end-run.ts";
import { hasOwnConversation } from "./materialise.ts";
import { allowedTools, openRun } from "./open-run.ts";
import { pickUp, poisonCrashes } from "./pick-up.ts";
import type { Ports } from "./ports.ts";
import { changeRecord, leaveToOthers, requeue, type SessionEnd } from "./run-session.ts";
import { append, type Engine, eventsOf, leftMs, type NewEvent, stopEnded, type Work, wasEnded } from "./run-work.ts";
import type { AdmittedRun } from "./start-run.ts";

/** Characters of the answer that the run record repeats, so that lists need not open the conversation. */
const answerCharacters = 500;

/** Picks the run up and works until it has ended or its slice is over. */
export async function executeRun(ports: Ports, engine: Engine, admitted: AdmittedRun): Promise<SessionEnd> {
  const pickedUp = await pickUp(ports, admitted);
  if ("stopped" in pickedUp) return pickedUp.stopped;
  const { session } = pickedUp;
  try {
    const tools = await allowedTools(engine.toolbox, session);
    const work: Work = { session, engine, tools, unwritten: [], lookedAt: session.startedAt };
    openRun(work);
    return await takeTurns(work);
  } catch (thrown) {
    // The message comes back and another worker goes on; without this it would wait for the lease to end.
    await session.writer.release().catch(() => undefined);
    throw thrown;
  }
}

async function takeTurns(work: Work): Promise<SessionEnd> {
  for (;;) {
    const progress = foldRun(eventsOf(work), runId(work.session.reference));
    const decision = decideTurn(progress, conditionsOf(work));
    switch (decision.kind) {
      case "commit":
        return commit(work, progress, decision.outcome, decision.reason);
      case "finish": {
        const { outcome, reason } = decision;
        const end: NewEvent = { type: "run_finished", outcome, ...(reason === undefined ? {} : { reason }) };
        if (!(await append(work, [end]))) return leaveToOthers(work.session);
        break;
      }
      case "suspend":
        return requeue(work.session, {}, 0);
      case "call_model": {
        if (await wasEnded(work)) return stopEnded(work.session);
        const end = await callModel(work);
        if (end !== undefined) return end;
        break;
      }
      case "call_tool": {
        if (await wasEnded(work)) return stopEnded(work.session);
        const end = await callTool(work, progress, decision.call, decision.isOverLimit);
        if (end !== undefined) return end;
        break;
      }
    }
  }
}

/** The outcome is committed exactly once: a swap of the record, guarded by the epoch. Then everything that follows. */
async function commit(work: Work, progress: RunProgress, outcome: string, reason?: string): Promise<SessionEnd> {
  const { session } = work;
  const { ports, writer } = session;
  const endedAt = ports.clock.now();
  const isOurs = await changeRecord(session, (run) => ({
    ...run,
    state: "ended",
    outcome: outcomeSchema.parse(outcome),
    reason,
    endedAt,
    turns: progress.turns,
    toolCalls: progress.toolCalls,
    promptTokens: progress.promptTokens,
    completionTokens: progress.completionTokens,
    answer: progress.answer === "" ? undefined : progress.answer.slice(0, answerCharacters),
  }));
  await writer.release();
  if (!isOurs) return "again";
  const segment = hasOwnConversation(session.record.value) ? undefined : writer.segment();
  await completeEnd(ports, session.record.value, session.schedule, segment);
  recordFinished(session.record.value, ports);
  return "done";
}

function conditionsOf(work: Work) {
  const { session, engine } = work;
  const { ports, record, startedAt } = session;
  const isSliceOver = ports.clock.monotonic() - startedAt >= ports.settings.sliceMs;
  return {
    timedOut: leftMs(work) <= 0,
    mustSuspend: isSliceOver || engine.isStopping(),
    isPoisoned: record.value.crashes >= poisonCrashes,
  };
}

function recordFinished(run: Run, { events }: Ports): void {
  events.record({
    level: run.outcome === "succeeded" ? "info" : "warning",
    name: "run.finished",
    message: `The run has ended: ${run.outcome}.`,
    fields: {
      run: runId(run),
      owner: run.owner,
      outcome: run.outcome,
      reason: run.reason,
      turns: run.turns,
      tool_calls: run.toolCalls,
      prompt_tokens: run.promptTokens,
      completion_tokens: run.completionTokens,
    },
  });
}
