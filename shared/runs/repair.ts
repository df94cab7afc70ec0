import { type Instant, minuteMs } from "../kernel/clock.ts";
import { blockersOf } from "../schedule/admission.ts";
import { startOf } from "../schedule/jitter.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import { hasEnded, type Run } from "./run.ts";

/** Everything that goes well is done with a run this long after it was to start: its message has been delivered. */
const patienceMs = 5 * minuteMs;

/**
 * What an open run needs so that it goes on. `wake_unless_held`: only when nobody works on its conversation.
 * `restore_approval`: that people can find what it waits for.
 */
export type Repair = "none" | "create" | "complete_end" | "wake" | "wake_unless_held" | "restore_approval";

/** @param run the record, or undefined when there is none */
export function decideRepair(schedule: Schedule, entry: OpenRun, run: Run | undefined, now: Instant): Repair {
  if (run === undefined) return isOwed(schedule, entry, now) ? "create" : "none";
  if (hasEnded(run)) return "complete_end";
  if (entry.state === "refused") return "wake";
  if (run.state === "waiting_approval") {
    return now > (run.waiting?.expiresAt ?? 0) + patienceMs ? "wake" : "restore_approval";
  }
  if (now <= Math.max(startOf(schedule, entry), entry.openedAt, run.notBefore ?? 0) + patienceMs) return "none";
  if (entry.state === "buffered") return blockersOf(schedule, entry).length > 0 ? "none" : "wake";
  return entry.state === "active" && run.epoch > 0 ? "wake_unless_held" : "wake";
}

/** Before its slot a young entry is left to its dispatcher, who may stand between the schedule and the record. */
const isOwed = (schedule: Schedule, entry: OpenRun, now: Instant): boolean =>
  now >= startOf(schedule, entry) || now > entry.openedAt + patienceMs;
