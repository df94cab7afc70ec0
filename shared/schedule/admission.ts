import { alwaysQueues, findOpen, isPlannedKind, withOpen, withoutNext } from "./gate.ts";
import { isPlanned } from "./next-slot.ts";
import type { OpenRun, Schedule } from "./schedule.ts";

export type Admission =
  | { readonly kind: "admit" }
  | { readonly kind: "refuse"; readonly outcome: "cancelled" | "skipped_overlap"; readonly reason: string }
  /** Wait for the live run to end; its release wakes this one. */
  | { readonly kind: "buffer" }
  /** End these first, then decide again. */
  | { readonly kind: "cancel_others"; readonly others: readonly OpenRun[] };

/** Admitted runs that stand in the way of `run`, before it is known which of them have ended meanwhile. */
export function blockersOf(schedule: Schedule, run: OpenRun): readonly OpenRun[] {
  if (schedule.definition.policies.overlap === "allow_all") return [];
  return schedule.open.filter((other) => other.state === "active" && other.key !== run.key);
}

/**
 * Whether a run may start now. What was dispatched early is judged again by the schedule as it is at this moment.
 * @param live the blockers whose runs have not ended
 */
export function decideAdmission(schedule: Schedule, run: OpenRun, live: readonly OpenRun[]): Admission {
  return refusalOf(schedule, run) ?? (live.length === 0 ? { kind: "admit" } : decideOverlap(schedule, run, live));
}

/** The schedule after the run was let in. The only place where max_runs is counted. */
export function admitted(schedule: Schedule, key: string, change: Partial<OpenRun> = {}): Schedule {
  const run = findOpen(schedule, key);
  const active = withOpen(schedule, key, { state: "active", ...change });
  if (run === undefined || !isPlannedKind(run.kind)) return active;
  const counted = { ...active, counted: schedule.counted + 1 };
  return isUsedUp(counted) && counted.next !== null ? withoutNext(counted) : counted;
}

/** A planned run may start while the schedule is not paused, still plans its slot and has runs left. */
export const mayStart = (schedule: Schedule, run: OpenRun): boolean => refusalOf(schedule, run) === undefined;

function refusalOf(schedule: Schedule, run: OpenRun): Admission | undefined {
  if (!isPlannedKind(run.kind)) return undefined;
  if (schedule.status === "paused" || !isPlanned(schedule.definition.plan, run.slot)) {
    return { kind: "refuse", outcome: "cancelled", reason: "superseded" };
  }
  return isUsedUp(schedule) ? { kind: "refuse", outcome: "cancelled", reason: "max_runs" } : undefined;
}

function decideOverlap(schedule: Schedule, run: OpenRun, live: readonly OpenRun[]): Admission {
  if (alwaysQueues(run.kind)) return { kind: "buffer" };
  const skip = (reason: string): Admission => ({ kind: "refuse", outcome: "skipped_overlap", reason });
  switch (schedule.definition.policies.overlap) {
    case "buffer_one":
      return isBufferFull(schedule, run) ? skip("buffer_full") : { kind: "buffer" };
    case "cancel_other":
      return live.some((other) => other.slot > run.slot) ? skip("newer_run") : { kind: "cancel_others", others: live };
    default:
      return skip("overlap");
  }
}

/** max_runs planned runs have started. */
export const isUsedUp = ({ definition, counted }: Pick<Schedule, "definition" | "counted">): boolean =>
  definition.policies.maxRuns !== undefined && counted >= definition.policies.maxRuns;

const isBufferFull = (schedule: Schedule, run: OpenRun): boolean =>
  schedule.open.some((other) => other.state === "buffered" && other.key !== run.key && !alwaysQueues(other.kind));
