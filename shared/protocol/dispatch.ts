import type { Instant } from "../kernel/clock.ts";
import type { Run } from "../runs/run.ts";
import { withEndNotice, withSilenceNotice } from "../runs/what-to-tell.ts";
import { type CalledBack, calledBack } from "../schedule/armed.ts";
import { decideDue, isNewSilence, slotAfter } from "../schedule/due.ts";
import { advanced, findOpen, withoutNext } from "../schedule/gate.ts";
import { plannedRunKey } from "../schedule/run-key.ts";
import type { Alarm, OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { shardOf } from "../schedule/shard.ts";
import { skippedBetween } from "../schedule/skipped-times.ts";
import { askToArm } from "./arm.ts";
import { materialise, newEntry, newRun } from "./materialise.ts";
import { sendNotices } from "./notify.ts";
import type { Ports } from "./ports.ts";
import { withinDispatchSpan } from "./run-spans.ts";

/** Slots of one schedule that one call dispatches: a long catch-up goes on with the next tick. */
const slotsPerCall = 100;

/** What became of the next slot: `conflict` means that somebody else wrote the schedule, so read and decide again. */
type Dispatched =
  | { readonly kind: "moved"; readonly current: Versioned<Schedule> }
  | { readonly kind: "nothing" }
  | { readonly kind: "conflict" };

/** Why slots are dispatched, when nobody is just looking. What an external Scheduler is to do follows from it. */
export interface DispatchCause {
  /** A callback has come. */
  readonly calledBack?: CalledBack;
  /** An edit follows, which settles what is due without waiting for a callback. */
  readonly isEdited?: boolean;
  /** The caller has just set the next slot, so that nobody has asked to arm it yet. */
  readonly isReplanned?: boolean;
}

/**
 * Dispatches every slot of a schedule that is due or lies in the look-ahead; one that is armed at an external Scheduler
 * only once its callback has come or is overdue. Answers false when somebody else wrote the schedule meanwhile. Five
 * storage calls for each slot after the schedule was read: create the next marker, swap the schedule, create the run,
 * enqueue, remove the old marker; and none when nothing is due. A range of missed slots costs what one slot does. One
 * more call when the next slot is to be armed.
 */
export async function dispatchSlots(
  ports: Ports,
  schedule: Versioned<Schedule>,
  cause: DispatchCause = {},
): Promise<boolean> {
  let current = schedule;
  for (let slots = 0; slots < slotsPerCall; slots++) {
    const dispatched = await dispatchNext(ports, current, cause);
    if (dispatched.kind === "conflict") return false;
    if (dispatched.kind === "nothing") break;
    current = dispatched.current;
  }
  if (current !== schedule || cause.isReplanned === true) await askToArm(ports, current.value);
  return true;
}

/** One slot (or one range of missed slots), one record, one swap of the schedule. */
async function dispatchNext(ports: Ports, stored: Versioned<Schedule>, cause: DispatchCause): Promise<Dispatched> {
  const { calledBack: callback } = cause;
  const current = callback === undefined ? stored : { ...stored, value: calledBack(stored.value, callback) };
  const schedule = current.value;
  const slot = schedule.next;
  const due = decideDue(schedule, ports.clock.now(), windowFor(ports, schedule, cause));
  if (due.kind === "not_yet" || slot === null) return { kind: "nothing" };
  if (due.kind === "stop") return swap(ports, current, withoutNext(schedule));
  if (due.kind === "missed") return passMissed(ports, current, slot, due.through);
  const alarm = slot === callback?.slot ? "scheduler" : "timer";
  const now = ports.clock.now();
  const isFirstLate = due.runKind === "catchup" && isNewSilence(schedule, slot);
  const silence = isFirstLate ? { afterSilence: true as const } : {};
  const opened = entryFor(schedule, slot, { kind: due.runKind, alarm, ...silence }, now);
  return withinDispatchSpan(ports, opened, schedule, isAsked(cause), () =>
    move(ports, isFirstLate ? heardAgain(current, now) : current, slot, opened),
  );
}

/** The record is written first and under the first slot's name: where it exists, it says how far, not our clock. */
async function passMissed(
  ports: Ports,
  current: Versioned<Schedule>,
  slot: Instant,
  through: Instant,
): Promise<Dispatched> {
  const schedule = current.value;
  // Nobody could take the record back. Who has slept since the schedule was read may call missed what an edit took away.
  const latest = await ports.schedules.read(schedule.id);
  if (latest?.version !== current.version) return { kind: "conflict" };
  const entry = entryFor(schedule, slot, { kind: "planned", alarm: "timer" }, ports.clock.now());
  const ended = missedRun(schedule, entry, through, ports.clock.now());
  const told = withEndNotice(ended, schedule.definition, ports.settings.notify);
  const isFirstLate = isNewSilence(schedule, slot);
  const missed = isFirstLate ? withSilenceNotice(told, schedule.definition, ports.settings.notify) : told;
  const { value: recorded } = (await ports.runs.create(missed)).current;
  if (recorded.outcome === "missed") {
    await ports.runs.recordEnd(recorded);
    await sendNotices(ports, recorded);
    ports.events.record({
      level: "warning",
      name: "slot.missed",
      message: "Slots were not run in time; catch_up decided not to run them.",
      fields: { schedule: schedule.id, from: slot, through: recorded.missedThrough ?? slot },
    });
    const heard = isFirstLate ? heardAgain(current, ports.clock.now()) : current;
    return move(ports, heard, recorded.missedThrough ?? slot);
  }
  // The slot has a run already: somebody dispatched it before the schedule was read and this swap will lose.
  return move(ports, current, slot, recorded.state === "ended" ? undefined : entry);
}

/** The cursor goes to the slot after `passed`. */
async function move(
  ports: Ports,
  current: Versioned<Schedule>,
  passed: Instant,
  opened?: OpenRun,
): Promise<Dispatched> {
  const { id, definition, next: cursor } = current.value;
  const { slot: next, skippedLocalTimes } = slotAfter(current.value, passed);
  // A range of missed slots may reach over a change of the clocks.
  const skipped = [...skippedBetween(definition.plan, cursor ?? passed, passed), ...skippedLocalTimes];
  const change = { next, shard: shardOf(id, ports.settings.dueShards), skippedLocalTimes: skipped };
  return swap(ports, current, advanced(current.value, opened === undefined ? change : { ...change, opened }), opened);
}

/** Marker first, schedule second: a crash between the two leaves a marker that is recognised as one too many. */
async function swap(
  ports: Ports,
  current: Versioned<Schedule>,
  changed: Schedule,
  opened?: OpenRun,
): Promise<Dispatched> {
  const { id, marker: oldMarker } = current.value;
  if (changed.marker !== null) await ports.markers.create(id, changed.marker);
  const version = await ports.schedules.replace(changed, current.version);
  if (version === undefined) return { kind: "conflict" };
  const entry = opened === undefined ? undefined : findOpen(changed, opened.key);
  if (entry !== undefined) await materialise(ports, changed, entry);
  if (oldMarker !== null) await ports.markers.remove(id, oldMarker);
  return { kind: "moved", current: { value: changed, version } };
}

/** Somebody waits for it, as opposed to: the clock, or the end of another run. */
const isAsked = ({ calledBack: callback, isEdited, isReplanned }: DispatchCause): boolean =>
  callback !== undefined || isEdited === true || isReplanned === true;

/** How far ahead the next slot is dispatched; below 0: that long after it. */
function windowFor({ alarm, settings }: Ports, { next, armed }: Schedule, cause: DispatchCause): number {
  const waitsForCallback = alarm !== undefined && next !== null && armed?.slot === next;
  if (!waitsForCallback) return settings.lookAheadMs;
  return cause.isEdited === true ? 0 : -settings.alarmGraceMs;
}

const heardAgain = ({ value, version }: Versioned<Schedule>, silentUntil: Instant): Versioned<Schedule> => ({
  value: { ...value, silentUntil },
  version,
});

const entryFor = (
  schedule: Schedule,
  slot: Instant,
  run: { kind: "planned" | "catchup"; alarm: Alarm; afterSilence?: true },
  now: Instant,
): OpenRun => newEntry(schedule, { key: plannedRunKey(slot), slot, ...run }, now);

const missedRun = (schedule: Schedule, entry: OpenRun, through: Instant, now: Instant): Run => ({
  ...newRun(schedule, entry, now),
  state: "ended",
  outcome: "missed",
  reason: "not_dispatched_in_time",
  missedThrough: through,
  endedAt: now,
});
