import type { Principal } from "../access/principal.ts";
import { invalid } from "../kernel/errors.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { newRun } from "../protocol/materialise.ts";
import type { Ports } from "../protocol/ports.ts";
import { hasEnded, type Run } from "../runs/run.ts";
import { findOpen } from "../schedule/gate.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { listOpenRuns, openRunsOf } from "./open-runs.ts";
import { readOwnRunId, readOwnSchedule, unknownRun } from "./owned.ts";
import { type PageRequest, pageOf } from "./read-schedules.ts";
import { waitForRun } from "./watch-run.ts";

export interface RunFilter {
  /** Absent: all schedules of the caller. */
  readonly scheduleId?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** `waiting_approval`: those of the open ones that wait for a decision. */
  readonly state?: "open" | "waiting_approval" | "ended" | undefined;
}

/**
 * Runs of one schedule, newest slot first; or of all, newest end first, and then only ended ones unless open ones are
 * asked for. A page may be short, even empty, and still have a next cursor. Records that vanished are left out.
 */
export function createListRuns(ports: Ports) {
  return async (principal: Principal, filter: RunFilter, page: PageRequest): Promise<Page<Run>> => {
    const { scheduleId, outcome, state } = filter;
    if (outcome === "waiting_approval") return listWaiting(ports, principal, scheduleId, page);
    if (outcome !== undefined && state !== undefined && state !== "ended") throw openHasNoOutcome();
    if (state === "waiting_approval") return listWaiting(ports, principal, scheduleId, page);
    if (state === "open") return listOpen(ports, principal, scheduleId, page);
    if (scheduleId === undefined) {
      return ports.runs.listEnded(principal.owner, { ...pageOf(page), ...(outcome === undefined ? {} : { outcome }) });
    }
    await readOwnSchedule(ports, principal, scheduleId);
    return listOfSchedule(ports, scheduleId, { outcome, state }, page);
  };
}

async function listOpen(
  ports: Ports,
  principal: Principal,
  scheduleId: string | undefined,
  page: PageRequest,
): Promise<Page<Run>> {
  if (scheduleId === undefined) return listOpenRuns(ports, principal.owner, page);
  return openRunsOf(ports, (await readOwnSchedule(ports, principal, scheduleId)).value, page);
}

/** To wait is a state; who asks for it as an outcome so far means the same runs. */
async function listWaiting(...request: Parameters<typeof listOpen>): Promise<Page<Run>> {
  const page = await listOpen(...request);
  return { ...page, items: page.items.filter(({ state }) => state === "waiting_approval") };
}

/**
 * Runs of a deleted schedule stay readable. One that is open and has no record yet is shown as the run that it becomes.
 * With `wait` it is answered once it has ended or waits for a person, or when that time is over. One storage call, two
 * where there is no record, and one for each look while it waits.
 */
export function createGetRun(ports: Ports) {
  return async (principal: Principal, id: string, wait?: { waitMs: number; signal: AbortSignal }): Promise<Run> => {
    const run = await readRun(ports, principal, id);
    return wait === undefined ? run : waitForRun(ports, run, wait.waitMs, wait.signal);
  };
}

async function readRun(ports: Ports, principal: Principal, id: string): Promise<Run> {
  const reference = readOwnRunId(principal, id);
  const current = await ports.runs.read(reference);
  if (current !== undefined) return current.value;
  const schedule = (await ports.schedules.read(reference.scheduleId))?.value;
  const entry = schedule && findOpen(schedule, reference.key);
  if (schedule === undefined || entry === undefined) throw unknownRun(id);
  return newRun(schedule, entry, entry.openedAt);
}

/** Records of one schedule that one answer reads at most while none of them fits the filter. */
const searchedRuns = 50;

async function listOfSchedule(
  ports: Ports,
  scheduleId: string,
  { outcome, state }: RunFilter,
  request: PageRequest,
): Promise<Page<Run>> {
  const fits = (run: Run) =>
    (outcome === undefined || run.outcome === outcome) && (state === undefined || hasEnded(run));
  let page = await ports.runs.list(scheduleId, pageOf(request));
  for (let read = request.limit; read < searchedRuns && !page.items.some(fits); read += request.limit) {
    if (page.nextCursor === undefined) break;
    page = await ports.runs.list(scheduleId, { limit: request.limit, cursor: page.nextCursor });
  }
  return { ...page, items: page.items.filter(fits) };
}

const openHasNoOutcome = () =>
  invalid("An open run has no outcome yet. Pass state open, or an outcome, not both.", { field: "outcome" });
