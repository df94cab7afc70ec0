import { minuteMs } from "../../shared/kernel/clock.ts";
import { defaultPolicies, type Policies } from "../../shared/schedule/policies.ts";
import type { OpenRun, Schedule } from "../../shared/schedule/schedule.ts";
import { sampleId, sampleSchedule, sampleSlot } from "./sample-records.ts";

/** The slots of `openSchedule`: the nth after the sample slot, one every ten minutes. */
export const openSlot = (number: number): number => sampleSlot + number * 10 * minuteMs;

/** A schedule that fires every ten minutes; the slot of `openRun` is dispatched, the one after it is next. */
export function openSchedule(policies: Partial<Policies>, overrides: Partial<Schedule> = {}): Schedule {
  const { definition } = sampleSchedule();
  const when = { kind: "every", minutes: 10, phase: openSlot(-100) } as const;
  return sampleSchedule({
    definition: {
      ...definition,
      plan: { when, timeZone: "UTC", gap: "skip", exceptDates: [] },
      policies: { ...defaultPolicies, ...policies },
    },
    next: openSlot(1),
    marker: { shard: 0, slot: openSlot(1), seq: 1 },
    ...overrides,
  });
}

export const openRun = (overrides: Partial<OpenRun>): OpenRun => ({
  key: "p0",
  slot: openSlot(0),
  kind: "planned",
  state: "pending",
  conversationId: sampleId(9),
  openedAt: openSlot(0),
  ...overrides,
});
