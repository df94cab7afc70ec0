import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { tokensIn } from "../kernel/usage.ts";
import type { Ports } from "../protocol/ports.ts";
import { type Cost, costOf, type Prices } from "../runs/cost.ts";
import { risksOf } from "../runs/risks.ts";
import type { Run } from "../runs/run.ts";
import { isChatGate } from "../schedule/chat-gate.ts";
import { isPlannedKind, startedRuns } from "../schedule/gate.ts";
import { type Health, healthOf, type Started } from "../schedule/health.ts";
import { monthOf } from "../schedule/month.ts";
import { upcomingSlots } from "../schedule/next-slot.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { planWarnings } from "../schedule/warnings.ts";
import type { Tool } from "../tools/toolbox.ts";
import { readOwnSchedule } from "./owned.ts";

export interface ScheduleFilter {
  readonly status?: Schedule["status"] | undefined;
  readonly tag?: string | undefined;
  /** Words that name or prompt must hold, in any case. */
  readonly query?: string | undefined;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A page may hold fewer schedules than asked for, even none, and still have a next cursor: the filter works on pages. */
export function createListSchedules(ports: Ports) {
  return async (principal: Principal, filter: ScheduleFilter, page: PageRequest): Promise<Page<Schedule>> => {
    const { items, nextCursor } = await ports.schedules.list(principal.owner, pageOf(page));
    const matching = items.filter((schedule) => isListed(schedule) && matches(schedule, filter));
    return nextCursor === undefined ? { items: matching } : { items: matching, nextCursor };
  };
}

export interface ScheduleDetails {
  readonly schedule: Schedule;
  readonly nextSlots: readonly Instant[];
  readonly lastRuns: readonly Run[];
  readonly counters: Counters;
  readonly health: Health;
  readonly month: MonthSpent;
}

/** What the runs that ended in this calendar month of the schedule's zone have cost. */
export interface MonthSpent {
  /** YYYY-MM. */
  readonly month: string;
  readonly tokens: number;
  readonly runs: number;
  /** Absent without a limit. */
  readonly tokensLeft?: number;
  readonly cost: Cost | undefined;
}

export interface Counters {
  /** Runs of every kind that were let in. */
  readonly started: number;
  /** Those of them that have ended. */
  readonly finished: number;
  readonly consecutiveFailures: number;
  /** How many of the last runs ended with each outcome, in the order of the newest of each. */
  readonly lastOutcomes: ReadonlyMap<Outcome, number>;
}

const shownRuns = 10;
const shownSlots = 10;

export function createGetSchedule(ports: Ports) {
  return async (principal: Principal, id: string): Promise<ScheduleDetails> => {
    const { value: schedule } = await readOwnSchedule(ports, principal, id);
    const { items: lastRuns } = await ports.runs.list(id, { limit: shownRuns });
    const now = ports.clock.now();
    return {
      schedule,
      lastRuns,
      nextSlots: slotsToCome(schedule, now, shownSlots),
      counters: countersOf(schedule, lastRuns),
      health: healthOf(schedule, newestStarted(lastRuns), now),
      month: monthSpent(schedule, ports.settings.prices, now),
    };
  };
}

function countersOf(schedule: Schedule, runs: readonly Run[]): Counters {
  const lastOutcomes = new Map<Outcome, number>();
  for (const { outcome } of runs) {
    if (outcome !== undefined) lastOutcomes.set(outcome, (lastOutcomes.get(outcome) ?? 0) + 1);
  }
  const { finished, failures } = schedule;
  return { started: startedRuns(schedule), finished, consecutiveFailures: failures, lastOutcomes };
}

function monthSpent({ usage, definition }: Schedule, prices: Prices | undefined, now: Instant): MonthSpent {
  const { plan, policies } = definition;
  const month = monthOf(now, plan.timeZone);
  const { models = [], runs = 0 } = usage?.month === month ? usage : {};
  const tokens = tokensIn(models);
  const { maxTokensPerMonth: limit } = policies;
  const left = limit === undefined ? {} : { tokensLeft: Math.max(0, limit - tokens) };
  return { month, tokens, runs, ...left, cost: costOf(models, prices) };
}

/** What a person asks for by hand says nothing about the clock. */
function newestStarted(runs: readonly Run[]): Started | undefined {
  const newest = runs.find(({ kind, startedAt }) => isPlannedKind(kind) && startedAt !== undefined);
  return newest?.startedAt === undefined ? undefined : { slot: newest.slot, startedAt: newest.startedAt };
}

/** What an active schedule still plans, as far as max_runs lets it. */
function slotsToCome(schedule: Schedule, now: Instant, count: number): readonly Instant[] {
  if (schedule.status !== "active") return [];
  const { maxRuns } = schedule.definition.policies;
  const left = maxRuns === undefined ? count : Math.max(0, maxRuns - schedule.counted);
  return upcomingSlots(schedule.definition.plan, now, Math.min(count, left));
}

const outlookSlots = 5;

/**
 * What somebody who plans or changes a schedule should see at once.
 * @param unchecked warnings about tools that could not be checked
 */
export const outlook = (
  schedule: Schedule,
  tools: readonly Tool[],
  now: Instant,
  unchecked: readonly string[] = [],
) => ({
  nextSlots: slotsToCome(schedule, now, outlookSlots),
  warnings: [...planWarnings(schedule.definition.plan, now), ...risksOf(schedule.definition, tools, now), ...unchecked],
});

export const pageOf = ({ limit, cursor }: PageRequest) => (cursor === undefined ? { limit } : { limit, cursor });

const isListed = (schedule: Schedule): boolean => schedule.status !== "deleted" && !isChatGate(schedule);

function matches({ status, definition }: Schedule, filter: ScheduleFilter): boolean {
  const text = `${definition.name}\n${definition.prompt}`.toLowerCase();
  const words = filter.query?.toLowerCase().split(/\s+/) ?? [];
  return (
    (filter.status === undefined || filter.status === status) &&
    (filter.tag === undefined || definition.tags.includes(filter.tag)) &&
    words.every((word) => text.includes(word))
  );
}
