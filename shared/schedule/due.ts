import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { nextSlot, previousSlot } from "./next-slot.ts";
import type { Schedule } from "./schedule.ts";

/** A slot this late is still simply run: it covers a missed tick and a slow cold start, and needs no catch-up policy. */
const onTimeGraceMs = 5 * minuteMs;

/** Unfinished runs at which dispatch waits: the gate is one blob, read and written whole. */
const maximumOpenRuns = 200;

/** What is to be done with the slot `schedule.next`. */
export type Due =
  | { readonly kind: "not_yet" }
  | { readonly kind: "run"; readonly runKind: "planned" | "catchup"; readonly next: Instant | null }
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
  if (slot >= now - onTimeGraceMs) return run(schedule, "planned", slot);
  return decideLate(schedule, slot, now);
}

/** The slot after a missed range. A paused schedule plans nothing after the moment of its pause. */
export function slotAfterMissed(schedule: Schedule, through: Instant): Instant | null {
  const next = nextSlot(schedule.definition.plan, through).slot;
  if (schedule.status !== "paused" || next === null) return next;
  return next > (schedule.pausedAt ?? 0) ? null : next;
}

function decidePaused(schedule: Schedule, slot: Instant): Due {
  const pausedAt = schedule.pausedAt ?? 0;
  if (slot > pausedAt) return { kind: "stop" };
  return { kind: "missed", through: lastSlotBefore(schedule, pausedAt + 1) ?? slot };
}

function decideLate(schedule: Schedule, slot: Instant, now: Instant): Due {
  const { catchUp, catchUpWindowSeconds } = schedule.definition.policies;
  const lastLate = lastSlotBefore(schedule, now - onTimeGraceMs) ?? slot;
  const windowStart = now - catchUpWindowSeconds * secondMs;
  const isTooOld = slot < windowStart;
  switch (catchUp) {
    case "none":
      return { kind: "missed", through: lastLate };
    case "one":
      if (lastLate > slot) return { kind: "missed", through: lastSlotBefore(schedule, lastLate) ?? slot };
      return isTooOld ? { kind: "missed", through: slot } : run(schedule, "catchup", slot);
    case "all":
      if (isTooOld) return { kind: "missed", through: lastSlotBefore(schedule, windowStart) ?? slot };
      return run(schedule, "catchup", slot);
  }
}

function run(schedule: Schedule, runKind: "planned" | "catchup", slot: Instant): Due {
  return { kind: "run", runKind, next: nextSlot(schedule.definition.plan, slot).slot };
}

function lastSlotBefore(schedule: Schedule, before: Instant): Instant | null {
  const slot = previousSlot(schedule.definition.plan, before);
  return slot !== null && schedule.next !== null && slot >= schedule.next ? slot : null;
}
