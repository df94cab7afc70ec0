import type { Principal } from "../access/principal.ts";
import { completeEnd, endRun } from "../protocol/end-run.ts";
import type { Ports } from "../protocol/ports.ts";
import { hasEnded, type Run } from "../runs/run.ts";
import { findOpen } from "../schedule/gate.ts";
import { readOwnRunId, unknownRun } from "./owned.ts";

export interface Cancelled {
  /** `ended_before`: the run had its outcome already, or got it at this moment; nothing was changed. */
  readonly kind: "cancelled" | "ended_before";
  readonly run: Run;
}

const reason = "cancelled_by_caller";

/**
 * Ends a run from outside, whether it waits or is going on: the swap of its record decides against a commit at the
 * same moment. Its worker sees it when it next renews the lease or writes the record, and writes no more. Eight storage
 * calls; two when the run has ended before.
 */
export function createCancelRun(ports: Ports) {
  return async (principal: Principal, id: string, note?: string): Promise<Cancelled> => {
    const reference = readOwnRunId(principal, id);
    // In this order: an entry that is gone by now has left a record.
    const schedule = (await ports.schedules.read(reference.scheduleId))?.value;
    const run = (await ports.runs.read(reference))?.value;
    const entry = schedule === undefined ? undefined : findOpen(schedule, reference.key);
    if (run === undefined && entry === undefined) throw unknownRun(id);
    if (run !== undefined && hasEnded(run)) {
      // Whoever ended it may have died before everything that follows was done.
      if (entry !== undefined) await completeEnd(ports, run);
      return { kind: "ended_before", run };
    }
    const end = { outcome: "cancelled", reason, ...(note === undefined ? {} : { note }) } as const;
    const ended = await endRun(ports, schedule, reference, end);
    return { kind: ended.reason === reason ? "cancelled" : "ended_before", run: ended };
  };
}
