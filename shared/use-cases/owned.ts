import { ownerInId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import { notFound } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";
import { type ApprovalReference, parseApprovalId } from "../runs/approval.ts";
import { parseRunId, type RunReference } from "../runs/run.ts";
import { isChatGate } from "../schedule/chat-gate.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";

/** The caller's schedule. Unknown, deleted and somebody else's are one answer; the last costs no storage call. */
export async function readOwnSchedule(ports: Ports, principal: Principal, id: string): Promise<Versioned<Schedule>> {
  const current = await findOwnSchedule(ports, principal, id);
  if (current === undefined || current.value.status === "deleted") throw unknownSchedule(id);
  return current;
}

/** Also a deleted one, as long as it is kept. The gate of what people say in a conversation is nobody's schedule. */
export async function findOwnSchedule(
  ports: Ports,
  principal: Principal,
  id: string,
): Promise<Versioned<Schedule> | undefined> {
  const current = ownerInId(id) === principal.owner ? await ports.schedules.read(id) : undefined;
  return current === undefined || isChatGate(current.value) ? undefined : current;
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

/** The reference in an approval id of the caller's, read without a storage call. */
export function readOwnApprovalId(principal: Principal, id: string): ApprovalReference {
  const reference = parseApprovalId(id);
  if (reference === undefined || ownerInId(reference.scheduleId) !== principal.owner) throw unknownApproval(id);
  return reference;
}

export const unknownApproval = (id: string) =>
  notFound("approval", id, "list_approvals shows what waits for your decision.");
