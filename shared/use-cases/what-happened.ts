import pMap from "p-map";
import { ownerInId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import { hourMs, type Instant, minuteMs } from "../kernel/clock.ts";
import { damageIn } from "../kernel/damage.ts";
import { invalid } from "../kernel/errors.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { listMarkers } from "../protocol/markers.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Approval } from "../runs/approval.ts";
import type { EndedRun } from "../runs/ended-run.ts";
import type { Run } from "../runs/run.ts";
import { onTimeGraceMs } from "../schedule/due.ts";
import { silence } from "../schedule/health.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { createListApprovals } from "./list-approvals.ts";

/** A run that has ended, with the name of its schedule where that is still there. */
export interface Happened {
  readonly run: Run;
  readonly scheduleName: string | undefined;
}

export interface Happenings {
  /** Where the look begins: not further back than 31 days. */
  readonly since: Instant;
  readonly approvals: readonly Approval[];
  /** The newest of each schedule whose run could not sign in to its model. */
  readonly signIn: readonly Happened[];
  readonly failed: readonly Happened[];
  /** Moments at which nothing ran: missed, or skipped because another run was going on. */
  readonly missed: readonly Happened[];
  /** Overdue, and no tick has found them. */
  readonly silent: readonly { readonly schedule: Schedule; readonly why: string }[];
  readonly finished: readonly Happened[];
  /** Runs that had nothing to report. */
  readonly quiet: number;
  readonly cancelled: number;
  /** What fell into one of the groups and is not shown. */
  readonly unshown: number;
  /** false: more runs have ended than one answer looks at. */
  readonly isComplete: boolean;
  /** Where the next look begins. */
  readonly next: Instant;
}

const defaultMs = 24 * hourMs;
const longestMs = 31 * 24 * hourMs;

/** Names of one look; a listing of so many takes a list call. */
const maximumEnds = 5000;

/** A run enters the history a moment after its end; one that is told twice does less harm than one that never is. */
const overlapMs = minuteMs;

const concurrency = 10;

/**
 * What a person wants to know when they come back: of chats only what waits for their decision. Each group holds at
 * most `limit`, newest first. A list of the approvals, two of the history for each 11.6 days and one for each shard of
 * the due markers; a read for each approval, for each run that is shown and for each of their schedules.
 */
export function createWhatHappened(ports: Ports) {
  const listApprovals = createListApprovals(ports);
  return async (principal: Principal, request: { since?: Instant; limit: number }): Promise<Happenings> => {
    const { owner } = principal;
    const { limit } = request;
    const now = ports.clock.now();
    const since = startOf(request.since, now);
    const span = { from: since, until: now + overlapMs, limit: maximumEnds };
    const [approvals, unusualEnds, allEnds, silent] = await Promise.all([
      listApprovals(principal, { limit }),
      ports.runs.listEnds(owner, { ...span, unusual: true }),
      ports.runs.listEnds(owner, span),
      silentOnes(ports, owner, limit, now),
    ]);
    const unusual = unusualEnds.items.filter(isOfSchedule);
    const usual = allEnds.items.filter(isOfSchedule).filter(({ outcome }) => outcome === "succeeded");
    const groups = { ...grouped(unusual), finished: usual.filter(({ isQuiet }) => !isQuiet) };
    const shown = await readShown(ports, groups, limit);
    return {
      since,
      approvals: approvals.items,
      ...shown,
      silent,
      quiet: usual.length - groups.finished.length,
      cancelled: unusual.filter(({ outcome }) => outcome === "cancelled").length,
      unshown: Object.values(groups).reduce((sum, runs) => sum + Math.max(0, runs.length - limit), 0),
      isComplete: approvals.nextCursor === undefined && unusualEnds.isComplete && allEnds.isComplete,
      next: Math.max(since, now - overlapMs),
    };
  };
}

/** What people did themselves, by talking, is no news to them. */
const isOfSchedule = ({ kind }: EndedRun): boolean => kind !== "chat";

function startOf(since: Instant | undefined, now: Instant): Instant {
  if (since === undefined) return now - defaultMs;
  if (since <= now) return Math.max(since, now - longestMs);
  throw invalid("since lies in the future. Pass the time of the last look, or leave it out for the last 24 hours.", {
    field: "since",
  });
}

const failedOutcomes: readonly Outcome[] = ["failed", "timed_out", "no_output", "budget_exceeded"];
const missedOutcomes: readonly Outcome[] = ["missed", "skipped_overlap"];

type Groups = Readonly<Record<"signIn" | "failed" | "missed" | "finished", readonly EndedRun[]>>;

function grouped(unusual: readonly EndedRun[]): Omit<Groups, "finished"> {
  const refused = unusual.filter(({ outcome }) => outcome === "auth_required");
  return {
    signIn: [...Map.groupBy(refused, ({ scheduleId }) => scheduleId).values()].flatMap(([newest]) => newest ?? []),
    failed: unusual.filter(({ outcome }) => failedOutcomes.includes(outcome)),
    missed: unusual.filter(({ outcome }) => missedOutcomes.includes(outcome)),
  };
}

/** The records of those that are shown, each schedule's name read once; a record that is gone or damaged is left out. */
async function readShown(ports: Ports, { signIn, failed, missed, finished }: Groups, limit: number) {
  const names = new Map<string, Promise<string | undefined>>();
  const nameOf = (id: string): Promise<string | undefined> => {
    const name = names.get(id) ?? unlessDamaged(ports.schedules.read(id)).then((found) => found?.value.definition.name);
    names.set(id, name);
    return name;
  };
  const happened = async (run: EndedRun): Promise<readonly Happened[]> => {
    const [record, scheduleName] = await Promise.all([unlessDamaged(ports.runs.read(run)), nameOf(run.scheduleId)]);
    return record === undefined ? [] : [{ run: record.value, scheduleName }];
  };
  const read = async (runs: readonly EndedRun[]) =>
    (await pMap(runs.slice(0, limit), happened, { concurrency })).flat();
  return {
    signIn: await read(signIn),
    failed: await read(failed),
    missed: await read(missed),
    finished: await read(finished),
  };
}

/** By the markers that should have been served by now, so that schedules which are well cost nothing. */
async function silentOnes(ports: Ports, owner: string, limit: number, now: Instant): Promise<Happenings["silent"]> {
  const overdue = await listMarkers(ports, now - onTimeGraceMs);
  const ids = new Set(overdue.map(({ scheduleId }) => scheduleId).filter((id) => ownerInId(id) === owner));
  const schedules = await pMap([...ids].slice(0, limit), (id) => unlessDamaged(ports.schedules.read(id)), {
    concurrency,
  });
  return schedules.flatMap((found) => {
    const health = found === undefined ? undefined : silence(found.value, now);
    return found === undefined || health === undefined ? [] : [{ schedule: found.value, why: health.why }];
  });
}

async function unlessDamaged<T>(reading: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return undefined;
  }
}
