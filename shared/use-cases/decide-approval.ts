import type { Principal } from "../access/principal.ts";
import { toIso } from "../kernel/clock.ts";
import { type AppError, invalid } from "../kernel/errors.ts";
import { wake } from "../protocol/materialise.ts";
import type { Ports } from "../protocol/ports.ts";
import { type ApprovalReference, isPastApproval } from "../runs/approval.ts";
import { type Decision, hasEnded, type Run, runId } from "../runs/run.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { readOwnApprovalId, unknownApproval } from "./owned.ts";

export interface DecideRequest {
  readonly id: string;
  readonly approve: boolean;
  readonly note?: string | undefined;
}

export interface Decided {
  /** `repeated`: the same was decided before. */
  readonly kind: "decided" | "repeated";
  readonly run: Run;
  readonly decision: Decision;
}

/**
 * Decides about the tool calls that a run waits with; the swap of its record settles the decision against its expiry
 * and against another one. The same decision again answers the same and wakes the run once more, the other one is
 * refused, as is one that comes too late. Four storage calls.
 */
export function createDecideApproval(ports: Ports) {
  return async (principal: Principal, request: DecideRequest): Promise<Decided> => {
    const reference = readOwnApprovalId(principal, request.id);
    for (let attempt = 0; attempt < 20; attempt++) {
      const current = await ports.runs.read(reference);
      if (current === undefined) throw unknownApproval(request.id);
      const { decision } = current.value;
      if (decision?.step === reference.step) return answerDecided(ports, reference, request, current.value, decision);
      const refusal = await refusalOf(ports, reference, request.id, current.value);
      if (refusal !== undefined) throw refusal;
      const decided = await decide(ports, reference, request, current);
      if (decided !== undefined) return decided;
    }
    throw new Error(`Run ${runId(reference)} changed with every attempt to decide about it.`);
  };
}

async function decide(
  ports: Ports,
  reference: ApprovalReference,
  { approve, note }: DecideRequest,
  { value, version }: Versioned<Run>,
): Promise<Decided | undefined> {
  const words = note === undefined ? {} : { note };
  const decision: Decision = { step: reference.step, approve, by: "owner", ...words, at: ports.clock.now() };
  const run: Run = { ...value, state: "queued", waiting: undefined, decision };
  if ((await ports.runs.replace(run, version)) === undefined) return undefined;
  await goOn(ports, reference);
  ports.events.record({
    level: "info",
    name: "approval.decided",
    message: `The owner has ${approve ? "approved" : "denied"} what a run asked for.`,
    fields: { run: runId(run), owner: run.owner, step: reference.step, approve, by: "owner" },
  });
  return { kind: "decided", run, decision };
}

async function goOn(ports: Ports, reference: ApprovalReference): Promise<void> {
  await wake(ports, reference.scheduleId, reference.key);
  await ports.approvals.remove(reference);
}

/** Whoever decided may have died before the run was woken. */
async function answerDecided(
  ports: Ports,
  reference: ApprovalReference,
  { approve }: DecideRequest,
  run: Run,
  decision: Decision,
): Promise<Decided> {
  if (run.state === "queued") await goOn(ports, reference);
  if (decision.by === "expiry") throw expired(decision.at);
  if (decision.approve !== approve) throw decidedOtherwise(decision, run);
  return { kind: "repeated", run, decision };
}

/** Why nothing can be decided, or undefined when the run waits for this decision. */
async function refusalOf(
  ports: Ports,
  reference: ApprovalReference,
  id: string,
  run: Run,
): Promise<AppError | undefined> {
  if (hasEnded(run)) {
    await ports.approvals.remove(reference);
    return ended(run);
  }
  if (isPastApproval(run, reference.step)) return decidedBefore();
  if (run.waiting?.step !== reference.step) {
    return (await ports.approvals.read(reference)) === undefined ? unknownApproval(id) : notWaitingYet();
  }
  if (run.waiting.expiresAt > ports.clock.now()) return undefined;
  await wake(ports, reference.scheduleId, reference.key);
  return expired(run.waiting.expiresAt);
}

const ended = ({ outcome, reason }: Run): AppError =>
  invalid(
    `The run has ended (${outcome}${reason === undefined ? "" : `, ${reason}`}), so there is nothing left to decide.`,
    { reason: "ended" },
  );

const expired = (at: number): AppError =>
  invalid(
    `This request expired at ${toIso(at)} undecided, which counts as denied; the run goes on without these calls.`,
    { reason: "expired" },
  );

const decidedOtherwise = ({ approve, at }: Decision, run: Run): AppError =>
  invalid(
    `This request was ${approve ? "approved" : "denied"} at ${toIso(at)}, and a decision cannot be taken back. ${hasEnded(run) ? "The run has ended." : "cancel_run ends the run."}`,
    { reason: "conflict", decided: approve ? "approve" : "deny" },
  );

const decidedBefore = (): AppError =>
  invalid("This request was decided before, and its run has gone on. get_conversation shows how.", {
    reason: "conflict",
  });

const notWaitingYet = (): AppError =>
  invalid("The run is still being put on hold for this request. Try again in a few seconds.", { reason: "not_ready" });
