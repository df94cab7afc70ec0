import { hourMs, type Instant, minuteMs } from "../kernel/clock.ts";
import { isPlannedKind, sameMarker } from "../schedule/gate.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { ListedMarker, Versioned } from "../schedule/schedule-store.ts";
import { dispatchSlots } from "./dispatch.ts";
import { materialise } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** A marker without a schedule may belong to a creation in progress; after an hour it belongs to one that died. */
const orphanAgeMs = hourMs;

/** Whoever stands between writing a marker and swapping the schedule is given this long before being fenced off. */
const comingAgeMs = 10 * minuteMs;

/** The markers of all shards with slot <= until. One list call for each shard, and for each 100 markers. */
export async function listMarkers({ markers, settings }: Ports, until: Instant): Promise<readonly ListedMarker[]> {
  const shards = Array.from({ length: settings.dueShards }, (_, shard) => shard);
  return (await Promise.all(shards.map((shard) => markers.list(shard, until)))).flat();
}

/** What was done about a marker. `left`: nothing yet. */
export type Served = "dispatched" | "left" | "fenced" | "removed";

/** Does what a listed marker asks for: dispatches its schedule, or tidies up a marker that is not the schedule's own. */
export async function serveMarker(ports: Ports, marker: ListedMarker): Promise<Served> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const current = await ports.schedules.read(marker.scheduleId);
    if (current === undefined) return removeOrphan(ports, marker);
    if (!sameMarker(current.value.marker, marker)) return settleForeign(ports, marker, current);
    if (await dispatchSlots(ports, current)) return "dispatched";
  }
  return "left";
}

async function removeOrphan(ports: Ports, marker: ListedMarker): Promise<Served> {
  if (age(ports, marker) <= orphanAgeMs) return "left";
  await ports.markers.remove(marker.scheduleId, marker);
  return "removed";
}

async function settleForeign(ports: Ports, marker: ListedMarker, current: Versioned<Schedule>): Promise<Served> {
  const schedule = current.value;
  if (marker.seq > schedule.seq) {
    if (age(ports, marker) <= comingAgeMs) return "left";
    await fence(ports, marker, current);
    return "fenced";
  }
  await finishDispatch(ports, schedule, marker.slot);
  await ports.markers.remove(marker.scheduleId, marker);
  return "removed";
}

/** Raises `seq` so that the swap this marker was written for can no longer succeed; the next tick removes it. */
async function fence(ports: Ports, marker: ListedMarker, { value, version }: Versioned<Schedule>): Promise<void> {
  await ports.schedules.replace({ ...value, seq: marker.seq }, version);
}

/** An old marker is still there because its dispatcher died: what it may have left undone is done again. */
async function finishDispatch(ports: Ports, schedule: Schedule, slot: Instant): Promise<void> {
  const entry = schedule.open.find((run) => isPlannedKind(run.kind) && run.slot === slot && run.state === "pending");
  if (entry !== undefined) await materialise(ports, schedule, entry);
}

const age = (ports: Ports, marker: ListedMarker): number => ports.clock.now() - marker.createdAt;
