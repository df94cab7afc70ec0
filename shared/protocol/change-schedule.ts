import { sameMarker } from "../schedule/gate.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { dispatchSlots } from "./dispatch.ts";
import type { Ports } from "./ports.ts";

/**
 * Writes a schedule that a person has changed. When its next slot moves: new marker, swap, old marker, and what lies
 * in the look-ahead is dispatched at once; a crash in between leaves a marker that ticks recognise as one too many or
 * as the schedule's own. false: somebody else wrote since it was read. One storage call, and two more when the slot
 * moves, before the dispatch.
 */
export async function changeSchedule(
  ports: Ports,
  { value, version }: Versioned<Schedule>,
  changed: Schedule,
): Promise<boolean> {
  const { id, marker: old } = value;
  const moves = !sameMarker(old, changed.marker);
  // The loser of a swap leaves its marker: it may be the winner's too. If it is not, the hourly repair removes it.
  if (moves && changed.marker !== null) await ports.markers.create(id, changed.marker);
  const written = await ports.schedules.replace(changed, version);
  if (written === undefined) return false;
  if (moves && old !== null) await ports.markers.remove(id, old);
  if (moves) await dispatchSlots(ports, { value: changed, version: written }, { isReplanned: true });
  return true;
}
