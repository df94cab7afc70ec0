import type { Principal } from "../access/principal.ts";
import type { Instant } from "../kernel/clock.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Run } from "../runs/run.ts";
import { upcomingSlots } from "../schedule/next-slot.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Page } from "../schedule/schedule-store.ts";
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
}

const shownRuns = 10;
const shownSlots = 10;

export function createGetSchedule(ports: Ports) {
  return async (principal: Principal, id: string): Promise<ScheduleDetails> => {
    const { value: schedule } = await readOwnSchedule(ports, principal, id);
    const { items: lastRuns } = await ports.runs.list(id, { limit: shownRuns });
    return { schedule, lastRuns, nextSlots: slotsToCome(schedule, ports.clock.now(), shownSlots) };
  };
}

/** What an active schedule still plans, as far as max_runs lets it. */
export function slotsToCome(schedule: Schedule, now: Instant, count: number): readonly Instant[] {
  if (schedule.status !== "active") return [];
  const { maxRuns } = schedule.definition.policies;
  const left = maxRuns === undefined ? count : Math.max(0, maxRuns - schedule.counted);
  return upcomingSlots(schedule.definition.plan, now, Math.min(count, left));
}

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
