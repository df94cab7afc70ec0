import type { Instant } from "../kernel/clock.ts";
import { admitted, blockersOf, mayStart } from "./admission.ts";
import { findOpen, settled, withOpen, withoutNext } from "./gate.ts";
import type { OpenRun, Schedule } from "./schedule.ts";

export interface Released {
  readonly schedule: Schedule;
  /** Runs that wait for nothing more and need a message. */
  readonly wake: readonly string[];
}

/**
 * The schedule after a run has ended: its entry is gone, its result is counted, and the oldest waiting run is let in.
 * @param outcome of the run that ended; failed counts towards pause_after_failures, cancelled leaves the count alone
 */
export function released(schedule: Schedule, key: string, outcome: string, now: Instant): Released {
  const entry = findOpen(schedule, key);
  if (entry === undefined) return { schedule, wake: [] };
  const without = { ...schedule, open: schedule.open.filter((run) => run.key !== key) };
  if (schedule.status === "deleted") return { schedule: without, wake: [] };
  const counted = entry.state === "active" ? pausedIfFailing(countResult(without, outcome), now) : without;
  const promoted = promoteOldest(counted);
  return { schedule: settled(promoted.schedule), wake: promoted.wake };
}

/** failed, timed_out and no_output are failures; skipping, cancelling and missing are not. */
const failedOutcomes: readonly string[] = ["failed", "timed_out", "no_output", "auth_required", "budget_exceeded"];

function countResult(schedule: Schedule, outcome: string): Schedule {
  const failures = failedOutcomes.includes(outcome)
    ? schedule.failures + 1
    : outcome === "cancelled"
      ? schedule.failures
      : 0;
  return { ...schedule, finished: schedule.finished + 1, failures };
}

function pausedIfFailing(schedule: Schedule, now: Instant): Schedule {
  const limit = schedule.definition.policies.pauseAfterFailures;
  if (limit === 0 || schedule.failures < limit || schedule.status !== "active") return schedule;
  const paused: Schedule = { ...schedule, status: "paused", pausedAt: now };
  // Slots that are already due stay owed: the next dispatch records them as missed.
  return paused.next !== null && paused.next > now ? withoutNext(paused) : paused;
}

function promoteOldest(schedule: Schedule): Released {
  const [oldest] = schedule.open.filter((run) => run.state === "buffered").sort(byAge);
  if (oldest === undefined || blockersOf(schedule, oldest).length > 0) return { schedule, wake: [] };
  const next = mayStart(schedule, oldest)
    ? admitted(schedule, oldest.key, { promoted: true })
    : withOpen(schedule, oldest.key, { state: "pending" });
  return { schedule: next, wake: [oldest.key] };
}

const byAge = (left: OpenRun, right: OpenRun): number => left.openedAt - right.openedAt || left.slot - right.slot;
