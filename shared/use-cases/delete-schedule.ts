import type { Principal } from "../access/principal.ts";
import { askToArm } from "../protocol/arm.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import { endRun } from "../protocol/end-run.ts";
import type { Ports } from "../protocol/ports.ts";
import { owesSlots } from "../schedule/due.ts";
import { withoutNext } from "../schedule/gate.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { findOwnSchedule, unknownSchedule } from "./owned.ts";

export interface Deleted {
  readonly schedule: Schedule;
  /** Keys of the runs that this has cancelled; one that ended by itself at this moment is none of them. */
  readonly cancelled: readonly string[];
}

/**
 * Deletes a schedule: slots that are already due are settled first, then nothing is dispatched any more and every
 * open run ends cancelled. Records and conversations stay readable. A repeat goes on where a call that died has
 * stopped; then there is no such schedule any more. Three storage calls, and six for each open run.
 */
export function createDeleteSchedule(ports: Ports) {
  return async (principal: Principal, id: string): Promise<Deleted> => {
    for (let attempt = 0; attempt < 12; attempt++) {
      const current = await readOwn(ports, principal, id);
      if (current.value.status === "deleted") return cancelOpen(ports, current.value);
      // With as many runs open as there may be, nothing can be settled any more, and deleting goes before recording.
      if (owesSlots(current.value, ports.clock.now())) await dispatchSlots(ports, current, { isEdited: true });
      else {
        const schedule = await markDeleted(ports, current);
        if (schedule !== undefined) return cancelOpen(ports, schedule);
      }
    }
    throw new Error(`Schedule ${id} changed with every attempt to delete it.`);
  };
}

async function readOwn(ports: Ports, principal: Principal, id: string): Promise<Versioned<Schedule>> {
  const current = await findOwnSchedule(ports, principal, id);
  const isOver = current?.value.status === "deleted" && current.value.open.length === 0;
  if (current === undefined || isOver) throw unknownSchedule(id);
  return current;
}

async function markDeleted(ports: Ports, { value, version }: Versioned<Schedule>): Promise<Schedule | undefined> {
  const now = ports.clock.now();
  const schedule: Schedule = { ...withoutNext(value), status: "deleted", revision: value.revision + 1, updatedAt: now };
  if ((await ports.schedules.replace(schedule, version)) === undefined) return undefined;
  if (value.marker !== null) await ports.markers.remove(value.id, value.marker);
  await askToArm(ports, schedule);
  return schedule;
}

async function cancelOpen(ports: Ports, schedule: Schedule): Promise<Deleted> {
  const cancelled: string[] = [];
  for (const { key } of schedule.open) {
    const end = { outcome: "cancelled", reason: "deleted" } as const;
    const ended = await endRun(ports, schedule, { scheduleId: schedule.id, key }, end);
    if (ended.reason === end.reason) cancelled.push(key);
  }
  return { schedule, cancelled };
}
