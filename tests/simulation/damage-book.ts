import { type Instant, secondMs } from "../../shared/kernel/clock.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

/** A blob that can be damaged, with what it says before. */
export type Damageable =
  | { readonly kind: "schedule"; readonly value: Schedule }
  | { readonly kind: "run"; readonly value: Run }
  | { readonly kind: "head"; readonly conversation: string; readonly scheduleId: string }
  | { readonly kind: "segment"; readonly conversation: string; readonly segment: number; readonly scheduleId: string };

/** Who is promised something else since a blob of theirs was damaged: nobody else is. */
export function createDamageBook() {
  const concerned = new Set<string>();
  const lost = new Map<string, Instant>();
  const runs = new Map<string, Run>();
  const times = new Map<string, number>();
  return {
    enter(blob: Damageable, at: Instant): void {
      const scheduleId = scheduleOf(blob);
      if (blob.kind !== "head") concerned.add(scheduleId);
      if (blob.kind === "schedule") lost.set(scheduleId, at);
      if (blob.kind !== "run") return;
      const id = runId(blob.value);
      runs.set(id, blob.value);
      times.set(id, (times.get(id) ?? 0) + 1);
    },
    /** The schedule, one of its runs' records or a segment of its. A damaged head changes no promise. */
    concerns: (scheduleId: string): boolean => concerned.has(scheduleId),
    /** The schedule itself. */
    hasLost: (scheduleId: string): boolean => lost.has(scheduleId),
    /**
     * Whoever dispatched the run stood between the schedule and the record when the schedule was lost. When it dies
     * there as well, nothing leads to that record any more.
     */
    isStranded: ({ scheduleId, createdAt }: Run): boolean =>
      createdAt >= (lost.get(scheduleId) ?? Infinity) - clockToleranceMs,
    /** The run's record as it was before. */
    lostRun: (id: string): Run | undefined => runs.get(id),
    timesLost: (id: string): number => times.get(id) ?? 0,
  };
}

/** The app knows the service's time to about a second. */
const clockToleranceMs = 2 * secondMs;

export function scheduleOf(blob: Damageable): string {
  if (blob.kind === "schedule") return blob.value.id;
  return blob.kind === "run" ? blob.value.scheduleId : blob.scheduleId;
}
