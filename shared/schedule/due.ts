import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import type { NextSlot } from "./cron-slots.ts";
import { jittered } from "./jitter.ts";
import { nextSlot, previousSlot } from "./next-slot.ts";
import type { Schedule } from "./schedule.ts";

/** A run this late is still simply run: it covers a missed tick and a slow cold start, and needs no catch-up policy. */
export const onTimeGraceMs = 5 * minuteMs;

/** Unfinished runs at which dispatch waits: the gate is one blob, read and written whole. */
export const maximumOpenRuns = 200;

/** What is to be done with the slot `schedule.next`. */
export type Due =
  | { readonly kind: "not_yet" }
  | { readonly kind: "run"; readonly runKind: "planned" | "catchup" }
  /** One record stands for every slot from `schedule.next` to `through`. */
  | { readonly kind: "missed"; readonly through: Instant }
  /** A paused schedule owes nothing more. */
  | { readonly kind: "stop" };

/**
 * @param windowMs how far ahead a slot is dispatched, with its message delayed until the slot
 */
export function decideDue(schedule: Schedule, now: Instant, windowMs: number): Due {
  const slot = schedule.next;
  if (slot === null) return { kind: "not_yet" };
  if (schedule.status === "paused") return decidePaused(schedule, slot);
  if (slot > now + windowMs || schedule.open.length >= maximumOpenRuns) return { kind: "not_yet" };
  if (jittered(schedule, slot) >= now - onTimeGraceMs) return { kind: "run", runKind: "planned" };
  return decideLate(schedule, slot, now);
}

/**
 * Whether slots are overdue that a change of the schedule must settle first, or they would vanish. With as many runs
 * open as there may be none can be settled, and this is false.
 */
export const owesSlots = (schedule: Schedule, now: Instant): boolean => decideDue(schedule, now, 0).kind !== "not_yet";

/**
 * Whether a slot that is found late, or missed, is the first of a time in which nobody has looked for due slots. A pause
 * is no silence.
 */
export const isNewSilence = ({ status, silentUntil = 0 }: Schedule, slot: Instant): boolean =>
  status === "active" && slot > silentUntil;

/** The slot after one that was dispatched or missed. A paused schedule plans nothing after the moment of its pause. */
export function slotAfter(schedule: Schedule, passed: Instant): NextSlot {
  const next = nextSlot(schedule.definition.plan, passed);
  const isBeyondPause = schedule.status === "paused" && next.slot !== null && next.slot > (schedule.pausedAt ?? 0);
  return isBeyondPause ? { slot: null, skippedLocalTimes: [] } : next;
}

function decidePaused(schedule: Schedule, slot: Instant): Due {
  const pausedAt = schedule.pausedAt ?? 0;
  if (slot > pausedAt) return { kind: "stop" };
  return { kind: "missed", through: lastSlotBefore(schedule, pausedAt + 1) ?? slot };
}

function decideLate(schedule: Schedule, slot: Instant, now: Instant): Due {
  const { catchUp, catchUpWindowSeconds } = schedule.definition.policies;
  const lastLate = lastLateSlot(schedule, now) ?? slot;
  const windowStart = now - catchUpWindowSeconds * secondMs;
  switch (catchUp) {
    case "none":
      return { kind: "missed", through: lastLate };
    case "one":
      if (lastLate < windowStart) return { kind: "missed", through: lastLate };
      if (lastLate > slot) return { kind: "missed", through: lastSlotBefore(schedule, lastLate) ?? slot };
      return { kind: "run", runKind: "catchup" };
    case "all":
      if (slot < windowStart) return { kind: "missed", through: lastSlotBefore(schedule, windowStart) ?? slot };
      return { kind: "run", runKind: "catchup" };
  }
}

/** Jitter is smaller than the distance of two slots, so at most the newest slot has a start that is not late yet. */
function lastLateSlot(schedule: Schedule, now: Instant): Instant | null {
  const late = now - onTimeGraceMs;
  const newest = lastSlotBefore(schedule, late);
  return newest === null || jittered(schedule, newest) < late ? newest : lastSlotBefore(schedule, newest);
}

function lastSlotBefore(schedule: Schedule, before: Instant): Instant | null {
  const slot = previousSlot(schedule.definition.plan, before);
  return slot !== null && schedule.next !== null && slot >= schedule.next ? slot : null;
}
