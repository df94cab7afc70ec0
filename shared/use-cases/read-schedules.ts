import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Outcome, Run } from "../runs/run.ts";
import { isPlannedKind } from "../schedule/gate.ts";
import { type Health, healthOf, type Started } from "../schedule/health.ts";
import { upcomingSlots } from "../schedule/next-slot.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { planWarnings } from "../schedule/warnings.ts";
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
    const matching = items.filter((schedule) => schedule.status !== "deleted" && matches(schedule, filter));
    return nextCursor === undefined ? { items: matching } : { items: matching, nextCursor };
  };
}

export interface ScheduleDetails {
  readonly schedule: Schedule;
  readonly nextSlots: readonly Instant[];
  readonly lastRuns: readonly Run[];
  readonly counters: Counters;
  readonly health: Health;
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
    };
  };
}

function countersOf({ open, finished, failures }: Schedule, runs: readonly Run[]): Counters {
  const lastOutcomes = new Map<Outcome, number>();
  for (const { outcome } of runs) {
    if (outcome !== undefined) lastOutcomes.set(outcome, (lastOutcomes.get(outcome) ?? 0) + 1);
  }
  const active = open.filter(({ state }) => state === "active").length;
  return { started: finished + active, finished, consecutiveFailures: failures, lastOutcomes };
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

/** What somebody who plans or changes a schedule should see at once. */
export const outlook = (schedule: Schedule, now: Instant) => ({
  nextSlots: slotsToCome(schedule, now, outlookSlots),
  warnings: planWarnings(schedule.definition.plan, now),
});

export const pageOf = ({ limit, cursor }: PageRequest) => (cursor === undefined ? { limit } : { limit, cursor });

function matches({ status, definition }: Schedule, filter: ScheduleFilter): boolean {
  const text = `${definition.name}\n${definition.prompt}`.toLowerCase();
  const words = filter.query?.toLowerCase().split(/\s+/) ?? [];
  return (
    (filter.status === undefined || filter.status === status) &&
    (filter.tag === undefined || definition.tags.includes(filter.tag)) &&
    words.every((word) => text.includes(word))
  );
}
