import type { Principal } from "../access/principal.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import { endRun } from "../protocol/end-run.ts";
import type { Ports } from "../protocol/ports.ts";
import { owesSlots } from "../schedule/due.ts";
import { withoutNext } from "../schedule/gate.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { readOwnSchedule } from "./owned.ts";

export interface Deleted {
  readonly schedule: Schedule;
  /** Keys of the runs that were waiting or going on and are cancelled now. */
  readonly cancelled: readonly string[];
}

/**
 * Deletes a schedule: slots that are already due are settled first, then nothing is dispatched any more and every
 * open run ends cancelled. Records and conversations stay readable.
 */
export function createDeleteSchedule(ports: Ports) {
  return async (principal: Principal, id: string): Promise<Deleted> => {
    for (let attempt = 0; attempt < 12; attempt++) {
      const current = await readOwnSchedule(ports, principal, id);
      // With as many runs open as there may be, nothing can be settled any more, and deleting goes before recording.
      if (owesSlots(current.value, ports.clock.now())) await dispatchSlots(ports, current);
      else {
        const schedule = await markDeleted(ports, current);
        if (schedule !== undefined) return { schedule, cancelled: await cancelOpen(ports, schedule) };
      }
    }
    throw new Error(`Schedule ${id} changed with every attempt to delete it.`);
  };
}

async function markDeleted(ports: Ports, { value, version }: Versioned<Schedule>): Promise<Schedule | undefined> {
  const now = ports.clock.now();
  const schedule: Schedule = { ...withoutNext(value), status: "deleted", revision: value.revision + 1, updatedAt: now };
  if ((await ports.schedules.replace(schedule, version)) === undefined) return undefined;
  if (value.marker !== null) await ports.markers.remove(value.id, value.marker);
  return schedule;
}

async function cancelOpen(ports: Ports, schedule: Schedule): Promise<readonly string[]> {
  for (const { key } of schedule.open) {
    await endRun(ports, schedule, { scheduleId: schedule.id, key }, { outcome: "cancelled", reason: "deleted" });
  }
  return schedule.open.map(({ key }) => key);
}
