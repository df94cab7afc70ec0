import type { World } from "./world.ts";
import { type Fault, isOutside, type PlanFault, type Step } from "./world-steps.ts";

/** Longer than a lease lasts (60 s), and longer than the host hides a message (10 minutes). */
const freezes = [70_000, 700_000] as const;

/** Everything that can go wrong with a step. */
export const everyFault: readonly Fault[] = [
  { kind: "crash_before" },
  { kind: "crash_after" },
  { kind: "reply_lost" },
  { kind: "error_before" },
  { kind: "error_after" },
  ...freezes.map((milliseconds): Fault => ({ kind: "freeze_before", milliseconds })),
  ...freezes.map((milliseconds): Fault => ({ kind: "freeze_after", milliseconds })),
];

/** Plays one scenario to its end and answers the promises that were broken. The same each time but for the fault. */
export type Play = (planFault: PlanFault) => Promise<{ readonly world: World; readonly broken: readonly string[] }>;

/**
 * Plays a scenario without a fault, and then once for each of the steps that are chosen from it: that one step meets
 * the fault. Answers those steps and, with the step's name, what was broken in any of the worlds.
 */
export async function playWithEveryStep(fault: Fault, play: Play, choose: (steps: readonly Step[]) => readonly Step[]) {
  const calm = await play(() => undefined);
  const steps = choose(calm.world.steps).filter((step) => isPossible(fault, step));
  const broken = [...calm.broken];
  for (const { process, kind, name, number } of steps) {
    const told = await play((step) => (step.number === number ? fault : undefined));
    broken.push(...told.broken.map((promise) => `${process.kind} ${kind} ${name}: ${promise}`));
  }
  return { steps, broken };
}

const isPossible = (fault: Fault, step: Step): boolean =>
  !isOutside(step) || fault.kind.startsWith("crash") || fault.kind.startsWith("freeze");
