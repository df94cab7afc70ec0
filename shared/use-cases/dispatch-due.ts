import pMap from "p-map";
import type { Heartbeat } from "../alarm/heartbeat.ts";
import { listMarkers, serveMarker } from "../protocol/markers.ts";
import type { Ports } from "../protocol/ports.ts";
import { untilUndamaged } from "../protocol/set-aside.ts";
import type { ListedMarker } from "../schedule/schedule-store.ts";

/** Schedules that one tick works on at a time; storage allows far more, the two cores of an instance do not. */
const concurrentSchedules = 16;

export interface DispatchReport {
  readonly due: number;
  readonly failed: number;
}

/**
 * One tick: finds the schedules whose next slot lies within the look-ahead and dispatches them. May run as often and
 * as concurrently as it likes. With nothing due it costs one list call for each shard and the note of the tick,
 * whatever the number of schedules. A schedule that cannot be dispatched is reported and keeps no other waiting, and a
 * damaged one is set aside.
 */
export function createDispatchDue(ports: Ports, heartbeat: Heartbeat) {
  return async (): Promise<DispatchReport> => {
    const now = ports.clock.now();
    const due = await listMarkers(ports, now + ports.settings.lookAheadMs);
    ports.telemetry.measure("schedule.backlog", due.filter(({ slot }) => slot <= now).length);
    const served = await pMap(due, (marker) => serve(ports, marker), { concurrency: concurrentSchedules });
    // A process that has just started knows storage's time by its first reply: a note from the future would be silence.
    await heartbeat.beat(Math.min(now, ports.clock.now()));
    return { due: due.length, failed: served.filter((isServed) => !isServed).length };
  };
}

async function serve(ports: Ports, marker: ListedMarker): Promise<boolean> {
  try {
    await untilUndamaged(ports, { markers: [marker] }, () => serveMarker(ports, marker));
    return true;
  } catch (cause) {
    ports.events.record({
      level: "error",
      name: "schedule.dispatch_failed",
      message: "A due schedule could not be dispatched; the next tick tries again.",
      fields: { schedule: marker.scheduleId, slot: marker.slot },
      cause,
    });
    return false;
  }
}
