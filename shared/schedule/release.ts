import type { Instant } from "../kernel/clock.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { addUsage, type ModelUsage, withFewModels } from "../kernel/usage.ts";
import { admitted, blockersOf, mayStart } from "./admission.ts";
import { findOpen, settled, withOpen, withoutNext } from "./gate.ts";
import { monthOf } from "./month.ts";
import type { OpenRun, Schedule } from "./schedule.ts";

/** What the gate keeps of a run that has ended. */
export interface EndedRun {
  readonly key: string;
  /** `<schedule id>.<key>` */
  readonly id: string;
  /** failed counts towards pause_after_failures, cancelled leaves the count alone. */
  readonly outcome: Outcome;
  readonly endedAt: Instant;
  readonly usage: readonly ModelUsage[];
  /** Its answer, when it had something to report. */
  readonly report?: string | undefined;
}

export interface Released {
  readonly schedule: Schedule;
  /** Runs that wait for nothing more and need a message. */
  readonly wake: readonly string[];
}

/**
 * The schedule after a run has ended: its entry is gone, its result and its tokens are counted, its report is kept, and
 * the oldest waiting run is let in. All of it once, however often it is asked for: the entry is the licence.
 */
export function released(schedule: Schedule, run: EndedRun, now: Instant): Released {
  const entry = findOpen(schedule, run.key);
  if (entry === undefined) return { schedule, wake: [] };
  const without = { ...schedule, open: schedule.open.filter(({ key }) => key !== run.key) };
  if (schedule.status === "deleted") return { schedule: without, wake: [] };
  const counted = entry.state === "active" ? pausedIfFailing(countRun(without, entry, run), run, now) : without;
  const promoted = promoteOldest(counted);
  return { schedule: settled(promoted.schedule), wake: promoted.wake };
}

/** failed, timed_out and no_output are failures; skipping, cancelling and missing are not. */
const failedOutcomes: readonly Outcome[] = ["failed", "timed_out", "no_output", "auth_required", "budget_exceeded"];

export const isFailure = (outcome: Outcome): boolean => failedOutcomes.includes(outcome);

const countRun = (schedule: Schedule, entry: OpenRun, run: EndedRun): Schedule =>
  withReport(withUsage(countResult(schedule, run), run), entry, run);

function countResult(schedule: Schedule, { outcome }: EndedRun): Schedule {
  const failures = isFailure(outcome) ? schedule.failures + 1 : outcome === "cancelled" ? schedule.failures : 0;
  return { ...schedule, finished: schedule.finished + 1, failures };
}

/** The month is that of the end. A release that comes when a later month has begun leaves that one alone. */
function withUsage(schedule: Schedule, { endedAt, usage }: EndedRun): Schedule {
  const month = monthOf(endedAt, schedule.definition.plan.timeZone);
  if (schedule.usage !== undefined && schedule.usage.month > month) return schedule;
  const before = schedule.usage?.month === month ? schedule.usage : nothingUsed;
  const sum = (count: "promptTokens" | "completionTokens") =>
    usage.reduce((total, entry) => total + entry[count], before[count]);
  const after = {
    month,
    promptTokens: sum("promptTokens"),
    completionTokens: sum("completionTokens"),
    runs: before.runs + 1,
    models: withFewModels(addUsage(before.models, usage)),
  };
  return { ...schedule, usage: after };
}

const nothingUsed = { promptTokens: 0, completionTokens: 0, runs: 0, models: [] };

/** A run of an older slot, such as one of a backfill, does not take the place of what was reported for a newer one. */
function withReport(schedule: Schedule, { slot, kind }: OpenRun, { id, report }: EndedRun): Schedule {
  const isOlder = schedule.lastReport !== undefined && schedule.lastReport.slot > slot;
  if (report === undefined || isOlder || kind === "chat") return schedule;
  return { ...schedule, lastReport: { run: id, slot, text: report } };
}

function pausedIfFailing(schedule: Schedule, { key }: EndedRun, now: Instant): Schedule {
  const limit = schedule.definition.policies.pauseAfterFailures;
  if (limit === 0 || schedule.failures < limit || schedule.status !== "active") return schedule;
  const paused: Schedule = { ...schedule, status: "paused", pausedAt: now, pausedBy: key };
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

/** Let in first, and woken first, is whoever waits longest. */
export const byAge = (left: OpenRun, right: OpenRun): number =>
  left.openedAt - right.openedAt || left.slot - right.slot;
