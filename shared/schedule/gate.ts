import type { Instant } from "../kernel/clock.ts";
import type { Marker, OpenRun, RunKind, Schedule, Trigger } from "./schedule.ts";

/** Local times that daylight saving left out which a schedule remembers. */
const rememberedSkips = 20;

/** Triggers that a schedule remembers: a repeat of an older one is taken for a new one. */
const rememberedTriggers = 100;

export const findOpen = (schedule: Schedule, key: string): OpenRun | undefined =>
  schedule.open.find((run) => run.key === key);

/** Planned and catch-up runs obey pause and edits and use up max_runs; manual ones and backfill do not. */
export const isPlannedKind = (kind: RunKind): boolean => kind === "planned" || kind === "catchup";

/** Catch-up, backfill and what a person says wait behind a live run; they are never skipped for overlap. */
export const alwaysQueues = (kind: RunKind): boolean => kind === "catchup" || kind === "backfill" || kind === "chat";

/** Runs of every kind that were let in so far. */
export const startedRuns = ({ open, finished }: Pick<Schedule, "open" | "finished">): number =>
  finished + open.filter(({ state }) => state === "active").length;

export const sameMarker = (left: Marker | null, right: Marker | null): boolean =>
  left?.slot === right?.slot && left?.seq === right?.seq && left?.shard === right?.shard;

/** Completed means that nothing is left to come and nothing is left to do; a run in progress still needs its schedule. */
export function settled(schedule: Schedule): Schedule {
  const isOver = schedule.status === "active" && schedule.next === null && schedule.open.length === 0;
  return isOver ? { ...schedule, status: "completed" } : schedule;
}

/** No further slot. The raised `seq` makes every marker that exists an old one. */
export const withoutNext = (schedule: Schedule): Schedule => ({
  ...schedule,
  next: null,
  marker: null,
  seq: schedule.seq + 1,
});

/** The cursor moved on to `next`; `opened` is the run of the slot that it passed, if that slot gets one. */
export function advanced(
  schedule: Schedule,
  move: { next: Instant | null; shard: number; opened?: OpenRun; skippedLocalTimes: readonly string[] },
): Schedule {
  const seq = schedule.seq + 1;
  const isNew = move.opened !== undefined && findOpen(schedule, move.opened.key) === undefined;
  return settled({
    ...schedule,
    next: move.next,
    marker: move.next === null ? null : { shard: move.shard, slot: move.next, seq },
    seq,
    open: move.opened !== undefined && isNew ? [...schedule.open, move.opened] : schedule.open,
    skippedLocalTimes: [...schedule.skippedLocalTimes, ...move.skippedLocalTimes].slice(-rememberedSkips),
  });
}

/**
 * Runs that were asked for by hand are open, and the call is remembered in the same swap, so that a repeat finds both or
 * neither. A completed schedule is active until they are released.
 */
export const triggered = (schedule: Schedule, trigger: Trigger, entries: readonly OpenRun[]): Schedule => ({
  ...schedule,
  status: schedule.status === "completed" ? "active" : schedule.status,
  open: [...schedule.open, ...entries],
  triggers: [...(schedule.triggers ?? []), trigger].slice(-rememberedTriggers),
});

/** The schedule with some fields of one open run changed. */
export function withOpen(schedule: Schedule, key: string, change: Partial<OpenRun>): Schedule {
  return { ...schedule, open: schedule.open.map((run) => (run.key === key ? { ...run, ...change } : run)) };
}
