import { ownerInId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import { notFound } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";
import { parseRunId, type RunReference } from "../runs/run.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";

/** The caller's schedule. Unknown, deleted and somebody else's are one answer; the last costs no storage call. */
export async function readOwnSchedule(ports: Ports, principal: Principal, id: string): Promise<Versioned<Schedule>> {
  const current = await findOwnSchedule(ports, principal, id);
  if (current === undefined || current.value.status === "deleted") throw unknownSchedule(id);
  return current;
}

/** Also a deleted one, as long as it is kept. */
export async function findOwnSchedule(
  ports: Ports,
  principal: Principal,
  id: string,
): Promise<Versioned<Schedule> | undefined> {
  return ownerInId(id) === principal.owner ? ports.schedules.read(id) : undefined;
}

export const unknownSchedule = (id: string) =>
  notFound("schedule", id, "list_schedules shows the ids of your schedules.");

/** The reference in a run id of the caller's, read without a storage call. */
export function readOwnRunId(principal: Principal, id: string): RunReference {
  const reference = parseRunId(id);
  if (reference === undefined || ownerInId(reference.scheduleId) !== principal.owner) throw unknownRun(id);
  return reference;
}

export const unknownRun = (id: string) => notFound("run", id, "list_runs shows the ids of the runs of a schedule.");
