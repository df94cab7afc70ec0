import pMap from "p-map";
import type { Principal } from "../access/principal.ts";
import { hourMs, type Instant } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { addUsage, type ModelUsage, tokensIn } from "../kernel/usage.ts";
import type { Ports } from "../protocol/ports.ts";
import { type Cost, costOf } from "../runs/cost.ts";
import type { EndedRun } from "../runs/ended-run.ts";
import { monthOf } from "../schedule/month.ts";
import { readTimeZone } from "../schedule/read-time-zone.ts";

export interface UsageRequest {
  /** YYYY-MM; absent: the present one. */
  readonly month?: string | undefined;
  /** Whose calendar the month is of; absent: UTC. */
  readonly timeZone?: string | undefined;
}

/** What some runs have cost together. */
export interface Spent {
  readonly runs: number;
  readonly usage: readonly ModelUsage[];
  readonly cost: Cost | undefined;
}

/** What a schedule has cost, or what was said by hand in one conversation. */
export interface SpentBySchedule extends Spent {
  readonly id: string;
  /** Absent when the schedule is gone; the title of a conversation. */
  readonly name: string | undefined;
  /** The conversation in which people talked: then `id` is that of its gate, which is no schedule for people. */
  readonly chatIn: string | undefined;
}

export interface UsageOfMonth {
  readonly month: string;
  readonly timeZone: string;
  readonly total: Spent;
  /** Most tokens first. */
  readonly schedules: readonly SpentBySchedule[];
  /** Further ones, which have cost less; their tokens are in the total. */
  readonly unlistedSchedules: number;
  /** false: more runs than one answer looks at have ended in the month; the newest are counted. */
  readonly isComplete: boolean;
}

/** Ten list calls, or about five seconds. */
const maximumRuns = 50_000;

const listedSchedules = 20;
const concurrency = 10;

/**
 * What the caller's runs that ended in a month have cost, from the history alone. Up to five list calls for the days of
 * a month and one for each 5 000 runs, at most 50 000; one read for each listed schedule.
 */
export function createGetUsage(ports: Ports) {
  return async ({ owner }: Principal, request: UsageRequest): Promise<UsageOfMonth> => {
    const timeZone = request.timeZone === undefined ? "UTC" : readTimeZone(request.timeZone);
    const month = request.month ?? monthOf(ports.clock.now(), timeZone);
    const span = spanOf(month);
    const { items, isComplete } = await ports.runs.listEnds(owner, { ...span, limit: maximumRuns });
    const runs = items.filter(({ endedAt }) => isInside(endedAt, span) || monthOf(endedAt, timeZone) === month);
    const sumUp = (some: readonly EndedRun[]) => spentBy(some, ports);
    const bySchedule = [...Map.groupBy(runs, ({ scheduleId }) => scheduleId)]
      .map(([id, some]) => ({ id, chatIn: chatOf(some), ...sumUp(some) }))
      .sort((left, right) => tokensIn(right.usage) - tokensIn(left.usage));
    const schedules = await pMap(
      bySchedule.slice(0, listedSchedules),
      async (spent) => ({ ...spent, name: (await ports.schedules.read(spent.id))?.value.definition.name }),
      { concurrency },
    );
    const unlistedSchedules = bySchedule.length - schedules.length;
    return { month, timeZone, total: sumUp(runs), schedules, unlistedSchedules, isComplete };
  };
}

/** The gate of a talk has runs of no other kind. */
const chatOf = ([run]: readonly EndedRun[]): string | undefined =>
  run?.kind === "chat" ? run.conversationId : undefined;

interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/** No zone is further from UTC. */
const widestOffsetMs = 15 * hourMs;

/** The month in every zone. */
function spanOf(month: string): Span {
  const [, year, number] = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined) {
    throw invalid(`month ${JSON.stringify(month)} is not a month such as 2026-12.`, { field: "month" });
  }
  const start = (months: number): Instant => Date.UTC(Number(year), months);
  return { from: start(Number(number) - 1) - widestOffsetMs, until: start(Number(number)) + widestOffsetMs };
}

/** In the month in every zone: asking the calendar about each of 50 000 runs would take more than a second. */
const isInside = (instant: Instant, { from, until }: Span): boolean =>
  instant >= from + 2 * widestOffsetMs && instant < until - 2 * widestOffsetMs;

function spentBy(runs: readonly EndedRun[], { settings }: Ports): Spent {
  const usage = addUsage(
    [],
    runs.flatMap((run) => run.usage),
  );
  return { runs: runs.length, usage, cost: costOf(usage, settings.prices) };
}
