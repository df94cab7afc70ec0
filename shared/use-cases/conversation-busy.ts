import { type AppError, invalid } from "../kernel/errors.ts";
import { approvalId } from "../runs/approval.ts";
import { type Run, runId } from "../runs/run.ts";

/**
 * Why nothing can be done with a conversation while a run has hold of it.
 * @param what the caller is to do once the run is over, such as "say it again"
 */
export function busyWith(run: Run, what: string): AppError {
  const id = runId(run);
  const details = { reason: "conflict", run_id: id };
  if (run.state !== "waiting_approval" || run.waiting === undefined) {
    return invalid(
      `A run is going on in this conversation: ${id}. Wait for it with get_run and wait_seconds, or end it with cancel_run; then ${what}.`,
      details,
    );
  }
  const approval = approvalId({ ...run, step: run.waiting.step });
  return invalid(
    `A run of this conversation waits for the person's decision: ${id}. Carry it out with decide_approval, id ${approval}, or end the run with cancel_run; then ${what}.`,
    { ...details, approval_id: approval },
  );
}
