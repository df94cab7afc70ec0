import { damageIn } from "../kernel/damage.ts";
import { fromCursor, toCursor } from "../kernel/resume.ts";
import { newRun } from "../protocol/materialise.ts";
import type { Ports } from "../protocol/ports.ts";
import { hasEnded, type Run, runId } from "../runs/run.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Page } from "../schedule/schedule-store.ts";
import type { PageRequest } from "./read-schedules.ts";

interface Open {
  readonly schedule: Schedule;
  readonly entry: OpenRun;
}

/** Schedules that one list call reads. */
const schedulesPerPage = 100;

/** List calls of one answer. */
const maximumPages = 5;

/**
 * The runs of all schedules of an owner that have not ended, oldest schedule first. One list call and one read for each
 * schedule, at most 500 of them, and one read for each run of the page.
 */
export async function listOpenRuns(ports: Ports, owner: string, request: PageRequest): Promise<Page<Run>> {
  const items: Run[] = [];
  let { page, after } = fromCursor(request.cursor);
  for (let pages = 0; pages < maximumPages; pages++) {
    const listed = await ports.schedules.list(owner, {
      limit: schedulesPerPage,
      ...(page === undefined ? {} : { cursor: page }),
    });
    const open = openOf(listed.items, after);
    const taken = open.slice(0, request.limit - items.length);
    items.push(...(await readOpen(ports, taken)));
    after = taken.map(idOf).at(-1) ?? after;
    if (open.length > taken.length) return { items, nextCursor: toCursor({ page, after }) };
    page = listed.nextCursor;
    if (page === undefined) return { items };
  }
  return { items, nextCursor: toCursor({ page, after }) };
}

/** The same for one schedule that was read: one read for each run of the page. */
export async function openRunsOf(ports: Ports, schedule: Schedule, request: PageRequest): Promise<Page<Run>> {
  const open = openOf([schedule], fromCursor(request.cursor).after);
  const taken = open.slice(0, request.limit);
  const items = await readOpen(ports, taken);
  return open.length > taken.length ? { items, nextCursor: toCursor({ after: taken.map(idOf).at(-1) }) } : { items };
}

const openOf = (schedules: readonly Schedule[], after = ""): readonly Open[] =>
  schedules
    .flatMap((schedule) => schedule.open.map((entry) => ({ schedule, entry })))
    .filter((open) => idOf(open) > after)
    .sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));

const idOf = ({ schedule, entry }: Open): string => runId({ scheduleId: schedule.id, key: entry.key });

/** An entry that has no record yet is shown as the run that it becomes; one whose run has ended is open no more. */
async function readOpen(ports: Ports, open: readonly Open[]): Promise<readonly Run[]> {
  const runs = await Promise.all(
    open.map(
      async ({ schedule, entry }) => (await readRun(ports, schedule, entry)) ?? newRun(schedule, entry, entry.openedAt),
    ),
  );
  return runs.filter((run) => !hasEnded(run));
}

/** undefined also for a damaged record: the run's worker or the repair makes it anew from the same entry. */
async function readRun(ports: Ports, { id }: Schedule, { key }: OpenRun): Promise<Run | undefined> {
  try {
    return (await ports.runs.read({ scheduleId: id, key }))?.value;
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return undefined;
  }
}
