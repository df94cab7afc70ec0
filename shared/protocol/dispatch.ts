import type { Instant } from "../kernel/clock.ts";
import type { Run } from "../runs/run.ts";
import { decideDue, slotAfterMissed } from "../schedule/due.ts";
import { advanced, findOpen, settled, withoutNext } from "../schedule/gate.ts";
import { nextSlot } from "../schedule/next-slot.ts";
import { plannedRunKey } from "../schedule/run-key.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { shardOf } from "../schedule/shard.ts";
import { conversationIdFor, materialise, newRun } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** Slots of one schedule that one call dispatches: a long catch-up goes on with the next tick. */
const slotsPerCall = 100;

/** What became of the next slot: `conflict` means that somebody else wrote the schedule, so read and decide again. */
type Dispatched =
  | { readonly kind: "moved"; readonly current: Versioned<Schedule> }
  | { readonly kind: "nothing" }
  | { readonly kind: "conflict" };

/**
 * Dispatches every slot of a schedule that is due or lies in the look-ahead. Answers false when somebody else wrote
 * the schedule meanwhile. Six storage calls for each slot after the schedule was read: create the next marker,
 * swap the schedule, create the run, enqueue, remove the old marker; and none when nothing is due.
 */
export async function dispatchSlots(ports: Ports, schedule: Versioned<Schedule>): Promise<boolean> {
  let current = schedule;
  for (let slots = 0; slots < slotsPerCall; slots++) {
    const dispatched = await dispatchNext(ports, current);
    if (dispatched.kind !== "moved") return dispatched.kind === "nothing";
    current = dispatched.current;
  }
  return true;
}

/** One slot (or one range of missed slots), one record, one swap of the schedule. */
async function dispatchNext(ports: Ports, current: Versioned<Schedule>): Promise<Dispatched> {
  const schedule = current.value;
  const slot = schedule.next;
  const due = decideDue(schedule, ports.clock.now(), ports.settings.lookAheadMs);
  if (due.kind === "not_yet" || slot === null) return { kind: "nothing" };
  if (due.kind === "stop") return swap(ports, current, settled(withoutNext(schedule)));
  if (due.kind === "missed") return passMissed(ports, current, slot, due.through);
  const opened = entryFor(schedule, slot, due.runKind, ports.clock.now());
  return move(ports, current, due.next, opened);
}

/** The record is written first and under the first slot's name: where it exists, it says how far, not our clock. */
async function passMissed(
  ports: Ports,
  current: Versioned<Schedule>,
  slot: Instant,
  through: Instant,
): Promise<Dispatched> {
  const schedule = current.value;
  const entry = entryFor(schedule, slot, "planned", ports.clock.now());
  const missed = missedRun(schedule, entry, through, ports.clock.now());
  const { value: recorded } = (await ports.runs.create(missed)).current;
  if (recorded.outcome === "missed") {
    await ports.runs.recordEnd(recorded);
    ports.events.record({
      level: "warning",
      name: "slot.missed",
      message: "Slots were not run in time; catch_up decided not to run them.",
      fields: { schedule: schedule.id, from: slot, through: recorded.missedThrough ?? slot },
    });
    return move(ports, current, slotAfterMissed(schedule, recorded.missedThrough ?? slot));
  }
  // The slot has a run already: somebody dispatched it before the schedule was read and this swap will lose.
  return move(ports, current, slotAfterMissed(schedule, slot), recorded.state === "ended" ? undefined : entry);
}

async function move(
  ports: Ports,
  current: Versioned<Schedule>,
  next: Instant | null,
  opened?: OpenRun,
): Promise<Dispatched> {
  const { skippedLocalTimes } = nextSlot(current.value.definition.plan, current.value.next ?? 0);
  const change = { next, shard: shardOf(current.value.id, ports.settings.dueShards), skippedLocalTimes };
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

function entryFor(schedule: Schedule, slot: Instant, kind: "planned" | "catchup", now: Instant): OpenRun {
  const key = plannedRunKey(slot);
  return { key, slot, kind, state: "pending", conversationId: conversationIdFor(schedule, key), openedAt: now };
}

const missedRun = (schedule: Schedule, entry: OpenRun, through: Instant, now: Instant): Run => ({
  ...newRun(schedule, entry, now),
  state: "ended",
  outcome: "missed",
  reason: "not_dispatched_in_time",
  missedThrough: through,
  endedAt: now,
});
