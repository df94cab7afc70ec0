import { foldRun } from "../conversations/fold.ts";
import { type ApprovalReference, isPastApproval } from "../runs/approval.ts";
import { type Run, runId } from "../runs/run.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { approvalOf } from "./ask-approval.ts";
import type { Ports } from "./ports.ts";
import { runEvents } from "./restored-run.ts";

export type MendedApproval = "approval_created" | "approval_removed";

/** Told of each request that was mended; `key` is its run's. */
type OnMended = (kind: MendedApproval, key: string) => void;

/**
 * Removes requests that their runs have gone past: whoever decided, or a worker that woke too late, has left them. One
 * that was written a moment before its run begins to wait is left alone. One storage call for each, and its removal.
 */
export async function removePastApprovals(
  ports: Ports,
  listed: readonly ApprovalReference[],
  mended: OnMended,
): Promise<void> {
  for (const reference of listed) {
    if (await removeIfPast(ports, reference)) mended("approval_removed", reference.key);
  }
}

async function removeIfPast(ports: Ports, reference: ApprovalReference): Promise<boolean> {
  const run = (await ports.runs.read(reference))?.value;
  if (!isPastApproval(run, reference.step)) return false;
  await ports.approvals.remove(reference);
  return true;
}

/**
 * Makes the request of a waiting run visible again when its blob was lost, from what the log tells. One storage call;
 * else one for each segment since the run began, and two more.
 */
export async function restoreApproval(ports: Ports, schedule: Schedule, run: Run, mended: OnMended): Promise<void> {
  if (run.waiting === undefined) return;
  const reference = { scheduleId: run.scheduleId, key: run.key, step: run.waiting.step };
  if ((await ports.approvals.read(reference)) !== undefined) return;
  const { request } = foldRun(await runEvents(ports, schedule, run), runId(run));
  if (request?.step !== reference.step || !(await ports.approvals.create(approvalOf(schedule, run, request)))) return;
  // It may have been missing because somebody has decided meanwhile.
  if (!(await removeIfPast(ports, reference))) mended("approval_created", run.key);
}
