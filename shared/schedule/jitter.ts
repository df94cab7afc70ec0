import { hash } from "node:crypto";
import { type Instant, secondMs } from "../kernel/clock.ts";
import { invalid } from "../kernel/errors.ts";
import { closestInterval } from "./closest-interval.ts";
import { isPlannedKind } from "./gate.ts";
import type { Plan } from "./plan.ts";
import type { OpenRun, Schedule } from "./schedule.ts";

/** What jitter depends on of a schedule. */
type Jittered = Pick<Schedule, "id"> & {
  readonly definition: { readonly policies: { jitterSeconds?: number | undefined } };
};

/**
 * When the run of a slot is to start: the slot, later by 0 to jitterSeconds whole seconds. The delay is a hash of
 * schedule and slot, so the same slot has the same one on every machine and at every attempt, and schedules that share
 * a slot spread evenly.
 */
export function jittered({ id, definition }: Jittered, slot: Instant): Instant {
  const { jitterSeconds = 0 } = definition.policies;
  if (jitterSeconds === 0) return slot;
  const spread = Number.parseInt(hash("sha256", `${id}.${slot / secondMs}`).slice(0, 12), 16);
  return slot + (spread % (jitterSeconds + 1)) * secondMs;
}

/** When an open run is to start. Only planned slots are spread: what a person asks for by hand starts at once. */
export const startOf = (schedule: Jittered, run: Pick<OpenRun, "kind" | "slot">): Instant =>
  isPlannedKind(run.kind) ? jittered(schedule, run.slot) : run.slot;

/** VALIDATION_ERROR when jitter could move a run to the next slot or past it: slots start in their order. */
export function checkJitter(plan: Plan, jitterSeconds: number | undefined, now: Instant): void {
  if (jitterSeconds === undefined || jitterSeconds === 0) return;
  const closest = closestInterval(plan, now) / secondMs;
  if (jitterSeconds < closest) return;
  throw invalid(
    `jitter_seconds ${jitterSeconds} could move a run past the next one: two runs lie only ${closest} seconds apart. Pass 0 to ${closest - 1}.`,
    { field: "policies.jitter_seconds" },
  );
}
