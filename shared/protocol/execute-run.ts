import type { FinishedRun } from "../conversations/events.ts";
import { foldRun, type RunProgress } from "../conversations/fold.ts";
import { firstBytes } from "../kernel/first-bytes.ts";
import type { Span } from "../kernel/telemetry.ts";
import { isPromptLong } from "../runs/context.ts";
import { figuresOf } from "../runs/figures.ts";
import { promptOf } from "../runs/prompt.ts";
import { type Run, runId } from "../runs/run.ts";
import { decideTurn, type TurnConditions, type TurnDecision } from "../runs/turn.ts";
import { withEndNotice } from "../runs/what-to-tell.ts";
import { noteDecision, requestApproval, waitForApproval } from "./ask-approval.ts";
import { callModel } from "./call-model.ts";
import { callTools } from "./call-tools.ts";
import { completeEnd } from "./end-run.ts";
import { finish } from "./finish-run.ts";
import { hasOwnConversation } from "./materialise.ts";
import { openRun, toolsOf } from "./open-run.ts";
import { pickUp, poisonCrashes } from "./pick-up.ts";
import type { Ports } from "./ports.ts";
import { recordFinished } from "./record-finished.ts";
import { changeRecord, requeue, type SessionEnd } from "./run-session.ts";
import { withinRunSpan, withinTurnSpan } from "./run-spans.ts";
import { type Engine, eventsOf, leftMs, leftTokens, mustSuspend, stopEnded, type Work, wasEnded } from "./run-work.ts";
import type { AdmittedRun } from "./start-run.ts";
import { summarise } from "./summarise.ts";

/** Bytes of the answer that the run record repeats, so that lists and the next run need not open the conversation. */
const answerBytes = 4096;

/** Picks the run up and works until it has ended or its slice is over. */
export const executeRun = (ports: Ports, engine: Engine, admitted: AdmittedRun): Promise<SessionEnd> =>
  withinRunSpan(ports, admitted.run.value, (span) => workOn(ports, engine, admitted, span));

async function workOn(ports: Ports, engine: Engine, admitted: AdmittedRun, span: Span): Promise<SessionEnd> {
  const pickedUp = await pickUp(ports, admitted);
  if ("stopped" in pickedUp) return pickedUp.stopped;
  const { session } = pickedUp;
  try {
    const tools = session.record.value.report === undefined ? await toolsOf(engine.toolbox, session) : [];
    const work: Work = { session, engine, tools, unwritten: [], lookedAt: session.startedAt, span };
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
    const decision = decideTurn(progress, conditionsOf(work, progress));
    const end = await withinTurnSpan(work, progress, decision, () => carryOut(work, progress, decision));
    if (end !== undefined) return end;
  }
}

/** Answers how the session ends, or undefined when the run goes on. */
async function carryOut(work: Work, progress: RunProgress, decision: TurnDecision): Promise<SessionEnd | undefined> {
  switch (decision.kind) {
    case "commit":
      return commit(work, progress, decision.finished);
    case "finish":
      return finish(work, decision);
    case "suspend":
      return requeue(work.session, {}, 0);
    case "request_approval":
      return requestApproval(work, decision.calls);
    case "wait_for_approval":
      return waitForApproval(work, progress, decision.request);
    case "note_decision":
      return noteDecision(work, decision.decision);
    case "call_model":
      return (await wasEnded(work)) ? stopEnded(work.session) : callModel(work, progress);
    case "summarise":
      return (await wasEnded(work)) ? stopEnded(work.session) : summarise(work, progress, false);
    case "call_tools":
      return (await wasEnded(work)) ? stopEnded(work.session) : callTools(work, progress, decision.calls);
  }
}

/** The outcome is committed exactly once: a swap of the record, guarded by the epoch. Then everything that follows. */
async function commit(work: Work, progress: RunProgress, finished: FinishedRun): Promise<SessionEnd> {
  const { session } = work;
  const { ports, writer } = session;
  const endedAt = ports.clock.now();
  const ended = (run: Run): Run => ({
    ...run,
    state: "ended",
    outcome: finished.outcome,
    reason: finished.reason,
    detail: finished.detail,
    quiet: finished.quiet,
    endedAt,
    ...figuresOf(progress),
    answer: progress.answer === "" ? undefined : firstBytes(progress.answer, answerBytes),
    // They stand in the log.
    message: undefined,
    report: undefined,
  });
  const { definition } = session.schedule.value;
  const isOurs = await changeRecord(session, (run) => withEndNotice(ended(run), definition, ports.settings.notify));
  await writer.release();
  if (!isOurs) return "again";
  const segment = hasOwnConversation(session.record.value) ? undefined : writer.segment();
  await completeEnd(ports, session.record.value, session.schedule, segment);
  work.span.set({ "run.outcome": finished.outcome, "run.reason": finished.reason });
  recordFinished(session.record.value, ports);
  return "done";
}

function conditionsOf(work: Work, progress: RunProgress): TurnConditions {
  const { ports, reference, record, schedule } = work.session;
  const { policies } = schedule.value.definition;
  const events = eventsOf(work);
  const limits = { ...policies, contextTokens: ports.settings.contextTokens };
  return {
    timedOut: leftMs(work) <= 0,
    mustSuspend: mustSuspend(work),
    isPoisoned: record.value.crashes >= poisonCrashes,
    tools: work.tools,
    left: leftTokens(work, progress),
    isPromptLong: isPromptLong(events, promptOf(events, runId(reference)), progress.turns, limits),
    definition: schedule.value.definition,
    report: record.value.report,
    decision: record.value.decision,
  };
}
