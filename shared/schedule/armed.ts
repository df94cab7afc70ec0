import type { Instant } from "../kernel/clock.ts";
import type { Schedule } from "./schedule.ts";

/**
 * The slot for which an external Scheduler is to call back: the next one, unless it lies so near that the app itself has
 * dispatched it or is about to.
 */
export function slotToArm({ status, next, armed }: Schedule, now: Instant, lookAheadMs: number): Instant | undefined {
  if (status !== "active" || next === null) return undefined;
  return next === armed?.slot || next > now + lookAheadMs ? next : undefined;
}

/** Callbacks that a schedule remembers by their ids: a repeat of an older one is taken for a new one. */
const rememberedCallbacks = 20;

/** A callback that has come: of this slot, with this id where its sender gives it one. */
export interface CalledBack {
  readonly slot: Instant;
  readonly id?: string | undefined;
}

/** The callback that was owed has come. */
export function calledBack(schedule: Schedule, { slot, id }: CalledBack): Schedule {
  const { armed, ...rest } = schedule;
  const known = schedule.callbacks ?? [];
  const isNew = id !== undefined && known.every((callback) => callback.id !== id);
  const callbacks = isNew ? [...known, { id, slot }] : known;
  return {
    ...rest,
    ...(armed === undefined || armed.slot === slot ? {} : { armed }),
    ...(callbacks.length === 0 ? {} : { callbacks: callbacks.slice(-rememberedCallbacks) }),
  };
}
