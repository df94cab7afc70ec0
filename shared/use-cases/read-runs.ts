import type { Principal } from "../access/principal.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Run } from "../runs/run.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { readOwnRunId, readOwnSchedule, unknownRun } from "./owned.ts";
import { type PageRequest, pageOf } from "./read-schedules.ts";

/** Newest slot first. */
export function createListRuns(ports: Ports) {
  return async (principal: Principal, scheduleId: string, page: PageRequest): Promise<Page<Run>> => {
    await readOwnSchedule(ports, principal, scheduleId);
    return ports.runs.list(scheduleId, pageOf(page));
  };
}

/** Runs of a deleted schedule stay readable. */
export function createGetRun(ports: Ports) {
  return async (principal: Principal, id: string): Promise<Run> => {
    const current = await ports.runs.read(readOwnRunId(principal, id));
    if (current === undefined) throw unknownRun(id);
    return current.value;
  };
}
