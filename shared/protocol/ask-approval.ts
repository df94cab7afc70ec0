import type { ToolCall } from "../conversations/events.ts";
import type { ApprovalRequest, RunProgress } from "../conversations/fold.ts";
import { type Approval, approvalExpiry, approvalId } from "../runs/approval.ts";
import { figuresOf } from "../runs/figures.ts";
import { type Decision, type Run, runId } from "../runs/run.ts";
import { withApprovalNotice } from "../runs/what-to-tell.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { wakeAtExpiry } from "./approval-expiry.ts";
import { sendNotices } from "./notify.ts";
import { changeRecord, leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, type Work } from "./run-work.ts";

/** Writes into the log what the owner is asked. Answers how the session ends, or undefined when the run goes on. */
export async function requestApproval(work: Work, calls: readonly ToolCall[]): Promise<SessionEnd | undefined> {
  const { ports, record } = work.session;
  const expiresAt = approvalExpiry(record.value, ports.clock.now(), ports.settings.approvalMs);
  const isWritten = await append(work, [{ type: "approval_requested", calls: [...calls], expiresAt }]);
  return isWritten ? undefined : leaveToOthers(work.session);
}

/**
 * Shows the request to people, sees to its expiry, and only then lets the run wait: a crash before leaves a run that
 * is taken up again, a run that waited first would be found by nobody. Whoever decides sees what it has
 * spent so far. Four storage calls, five when the owner is told.
 */
export async function waitForApproval(
  { session }: Work,
  progress: RunProgress,
  request: ApprovalRequest,
): Promise<SessionEnd> {
  const { ports, schedule, writer } = session;
  const approval = approvalOf(schedule.value, session.record.value, request);
  await ports.approvals.create(approval);
  const { step, expiresAt } = request;
  await wakeAtExpiry(ports, session.reference, { step, expiresAt });
  const { definition } = schedule.value;
  const isOurs = await changeRecord(session, (run) => {
    const waiting: Run = {
      ...run,
      state: "waiting_approval",
      waiting: { step, expiresAt },
      attemptStartedAt: undefined,
      ...figuresOf(progress),
    };
    return withApprovalNotice(waiting, step, definition, ports.settings.notify);
  });
  await writer.release();
  if (!isOurs) return "again";
  await sendNotices(ports, session.record.value);
  ports.events.record({
    level: "info",
    name: "run.waiting",
    message: "The run waits for its owner's approval.",
    fields: {
      run: runId(approval),
      owner: approval.owner,
      approval: approvalId(approval),
      tools: approval.calls.map(({ name }) => name).join(" "),
    },
  });
  return "done";
}

/**
 * Writes into the log what was decided. Its marker goes first: whoever decided may have died before removing it.
 * Answers how the session ends, or undefined when the run goes on.
 */
export async function noteDecision(work: Work, decision: Decision): Promise<SessionEnd | undefined> {
  const { ports, reference } = work.session;
  const { step, approve, by, note } = decision;
  await ports.approvals.remove({ ...reference, step });
  const words = note === undefined ? {} : { note };
  const isWritten = await append(work, [{ type: "approval_decided", request: step, approve, by, ...words }]);
  return isWritten ? undefined : leaveToOthers(work.session);
}

export function approvalOf(
  { definition }: Schedule,
  { scheduleId, key, owner, conversationId }: Run,
  { step, calls, requestedAt, expiresAt }: ApprovalRequest,
): Approval {
  const run = { v: 1, scheduleId, key, step, owner, conversationId } as const;
  return { ...run, scheduleName: definition.name, calls: [...calls], requestedAt, expiresAt };
}
