import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { isUsedUp } from "./admission.ts";
import { advanced, withoutNext } from "./gate.ts";
import { nextSlot } from "./next-slot.ts";
import type { Definition, Schedule } from "./schedule.ts";

/** What a person wants of an existing schedule. */
export interface Edit {
  readonly definition: Definition;
  readonly status?: "active" | "paused" | undefined;
  /** Why it is paused. */
  readonly reason?: string | undefined;
}

/**
 * The schedule after an edit, or undefined when the edit changes nothing. The cursor is set anew, from `now` on, when
 * the plan, max_runs or the status changes; else it stays where it is. Slots up to `now` must be settled before:
 * where that was not possible, pausing leaves them to the next tick, and a change of the plan is refused.
 * @param shard of the marker to come
 */
export function edited(schedule: Schedule, edit: Edit, now: Instant, shard: number): Schedule | undefined {
  const status = statusAfter(schedule, edit, now);
  const changed = withStatus({ ...schedule, definition: edit.definition }, status, edit.reason, now);
  if (isDeepStrictEqual(changed, schedule)) return undefined;
  const revised = { ...changed, revision: schedule.revision + 1, updatedAt: now };
  if (status === schedule.status && !isReplanned(schedule, edit.definition)) return revised;
  if (schedule.next !== null && schedule.next <= now) return leftOwing(schedule, revised);
  return replanned(revised, now, shard);
}

function statusAfter(schedule: Schedule, { definition, status }: Edit, now: Instant): Schedule["status"] {
  if (schedule.status !== "completed") return status ?? schedule.status;
  if (slotAfter({ ...schedule, definition }, now).slot !== null) return status ?? "active";
  if (status === undefined) return "completed";
  throw invalid(
    `The schedule is completed: nothing is left to be ${status === "paused" ? "paused" : "run"}. Pass new times, a later end_at or more max_runs with it.`,
    { field: "status" },
  );
}

/** A pause keeps its first moment; resuming forgets it, and the failures before it. */
function withStatus(
  schedule: Schedule,
  status: Schedule["status"],
  reason: string | undefined,
  now: Instant,
): Schedule {
  if (status === "paused") {
    const { pausedAt = now, pauseReason = reason } = schedule.status === "paused" ? schedule : {};
    const words = reason ?? pauseReason;
    return { ...schedule, status, pausedAt, ...(words === undefined ? {} : { pauseReason: words }) };
  }
  if (schedule.status !== "paused") return { ...schedule, status };
  const { pausedAt: _pausedAt, pauseReason: _pauseReason, pausedBy: _pausedBy, ...resumed } = schedule;
  return { ...resumed, status, failures: 0 };
}

const isReplanned = ({ definition: before }: Schedule, after: Definition): boolean =>
  before.policies.maxRuns !== after.policies.maxRuns || !isDeepStrictEqual(before.plan, after.plan);

/** Local times that are left out between now and the next slot are remembered already when the plan had it before. */
function replanned(schedule: Schedule, now: Instant, shard: number): Schedule {
  if (schedule.status !== "active") return withoutNext(schedule);
  const { slot, skippedLocalTimes } = slotAfter(schedule, now);
  const fresh = skippedLocalTimes.filter((time) => !schedule.skippedLocalTimes.includes(time));
  return advanced(schedule, { next: slot, shard, skippedLocalTimes: fresh });
}

const slotAfter = (schedule: Schedule, now: Instant) =>
  isUsedUp(schedule) ? { slot: null, skippedLocalTimes: [] } : nextSlot(schedule.definition.plan, now);

/** As many runs are open as there may be, and slots are overdue. A paused schedule gets them recorded as missed. */
function leftOwing(schedule: Schedule, revised: Schedule): Schedule {
  if (revised.status === "paused" && !isReplanned(schedule, revised.definition)) return revised;
  throw invalid(
    `${schedule.open.length} runs of this schedule are waiting and more are due. Pause it or wait until some have ended, then change it.`,
    { reason: "busy" },
  );
}
