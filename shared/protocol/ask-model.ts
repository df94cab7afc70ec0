import type { RunProgress } from "../conversations/fold.ts";
import type { ModelFailure, ModelReply, ModelRequest } from "../model/model.ts";
import { maxOutputTokens } from "../runs/budget.ts";
import { decideRetry } from "../runs/retry.ts";
import { finish } from "./finish-run.ts";
import { holdWhile } from "./hold-while.ts";
import { leaveToOthers, requeue, type SessionEnd } from "./run-session.ts";
import { leftMs, leftTokens, stopEnded, type Work } from "./run-work.ts";

export type Asked =
  | { readonly kind: "replied"; readonly reply: ModelReply }
  | { readonly kind: "failed"; readonly failure: ModelFailure }
  /** There is no answer, and nothing more to do about it here. */
  | { readonly kind: "over"; readonly end: SessionEnd | undefined };

/** One call to the schedule's model, under the lease and within the run's time and tokens. */
export async function askModel(
  work: Work,
  progress: RunProgress,
  request: Pick<ModelRequest, "messages" | "tools">,
): Promise<Asked> {
  const { session, engine } = work;
  if (!(await session.writer.holds())) return { kind: "over", end: await leaveToOthers(session) };
  const { model } = session.schedule.value.definition;
  const limit = maxOutputTokens(leftTokens(work, progress));
  const [left, longest] = [leftMs(work), session.ports.settings.modelCallMs];
  const held = await holdWhile(session, Math.min(left, longest), (signal) =>
    engine.model.complete({
      ...request,
      ...(model === undefined ? {} : { model }),
      ...(limit === undefined ? {} : { maxOutputTokens: limit }),
      signal,
    }),
  );
  if (held.kind === "lost") return { kind: "over", end: await leaveToOthers(session) };
  if (held.kind === "ended") return { kind: "over", end: await stopEnded(session) };
  if (held.kind === "done")
    return held.value.ok ? { kind: "replied", ...held.value } : { kind: "failed", ...held.value };
  // Which of the two limits was met is not asked of the clock again: it may have been set right by a second meanwhile.
  return left <= longest
    ? { kind: "over", end: await finish(work, { outcome: "timed_out", reason: "timeout" }) }
    : { kind: "failed", failure: { class: "transient" } };
}

/** What becomes of the run after a call that failed. */
export async function retryOrFail(work: Work, failure: ModelFailure): Promise<SessionEnd | undefined> {
  const { session } = work;
  const failures = session.record.value.failures + 1;
  const { maxAttempts } = session.schedule.value.definition.policies;
  const decision = decideRetry(failure, failures, maxAttempts, session.ports.dice());
  if (decision.kind === "give_up") return finish(work, decision.end);
  const notBefore = session.ports.clock.now() + Math.round(decision.delayMs);
  return requeue(session, { failures, notBefore, attemptStartedAt: undefined }, decision.delayMs);
}
