import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { Dice } from "../support/world-dice.ts";
import type { Fault } from "../support/world-steps.ts";

/** How rough a world is. */
export interface Climate {
  /** Probability of a fault at one step. */
  readonly frequency: number;
  readonly kinds: readonly Fault["kind"][];
  /** Probability that a message comes twice, early or late. */
  readonly messages: number;
  /** How long the timer stands still, once; 0 never. */
  readonly outageMs: number;
  /** There is no timer at all: calls of people and runs that end are the tick's only heart. */
  readonly timerless: boolean;
  /** How often somebody calls who only looks; 0 never. */
  readonly visitsMs: number;
  /** For how long what the app prints is lost; Infinity: for good. */
  readonly logDownMs: number;
  /** How long storage answers nobody, once; 0 never. */
  readonly blackoutMs: number;
  /** Probability of a SIGTERM in a minute. */
  readonly stops: number;
  /** Probability that a run kills each worker that takes it up. */
  readonly killers: number;
  /** People's processes meet faults too. */
  readonly usersToo: boolean;
  /** How far the workers' own clocks are off. */
  readonly skewMs: number;
  /** Probability that a worker's clock is set, in a minute; and, by a twentieth of it, in the middle of a request. */
  readonly clockJumps: number;
  readonly workers: number;
  /** The hourly repair runs; without it, ticks and messages have to mend everything. */
  readonly repairs: boolean;
}

const everyKind: readonly Fault["kind"][] = [
  "crash_before",
  "crash_after",
  "reply_lost",
  "error_before",
  "error_after",
  "slow",
  "freeze_before",
  "freeze_after",
];

/**
 * One world in six has no faults at all, one in six has lost replies only: there, much more is promised. Clocks, timer and
 * log are no faults in this sense: a promise that holds without them being wrong holds when they are.
 */
export function anyClimate({ below, chance, one }: Dice): Climate {
  const weather = below(6);
  const isRough = weather > 1;
  const kinds = weather === 1 ? (["reply_lost"] as const) : isRough ? someKinds({ below, chance, one }) : [];
  const timerless = chance(0.1);
  // What people began and did not end is mended by the repair, which is a timer too.
  const usersToo = isRough && !timerless && chance(0.5);
  return {
    kinds,
    frequency: isRough ? one(0.002, 0.005, 0.01, 0.03) : one(0.01, 0.1),
    messages: isRough && chance(0.4) ? one(0.02, 0.1) : 0,
    outageMs: isRough && chance(0.2) ? one(5 * minuteMs, 20 * minuteMs, hourMs, 24 * hourMs) : 0,
    timerless,
    visitsMs: timerless || chance(0.1) ? one(20, 40, 60) * secondMs : 0,
    logDownMs: chance(0.25) ? one(minuteMs, 10 * minuteMs, Infinity) : 0,
    blackoutMs: isRough && chance(0.15) ? one(30 * secondMs, 4 * minuteMs, 15 * minuteMs) : 0,
    stops: isRough && chance(0.3) ? 0.05 : 0,
    killers: isRough && chance(0.1) ? one(0.1, 0.5) : 0,
    usersToo,
    skewMs: chance(0.5) ? one(secondMs, 2 * minuteMs, hourMs) : 0,
    clockJumps: chance(0.3) ? one(0.05, 0.3) : 0,
    workers: one(1, 2, 3, 4, 8, 8),
    // What somebody began and never repeated is left to the repair.
    repairs: usersToo || (!timerless && chance(0.5)),
  };
}

function someKinds({ chance, one }: Pick<Dice, "below" | "chance" | "one">): readonly Fault["kind"][] {
  const kinds = everyKind.filter(() => chance(0.6));
  return kinds.length > 0 ? kinds : [one("crash_before", "crash_after")];
}

/** What a fault may cost a run that is waiting for the process it meets, at most. */
export function costOf(fault: Fault): number {
  switch (fault.kind) {
    case "crash_before":
    case "crash_after":
      // The host hides the message of a dead worker for ten minutes.
      return 11 * minuteMs;
    case "error_before":
    case "error_after":
      return 2 * minuteMs + (fault.milliseconds ?? 0);
    case "slow":
      return fault.milliseconds;
    case "freeze_before":
    case "freeze_after":
      return fault.milliseconds + 11 * minuteMs;
    case "reply_lost":
      return 0;
  }
}
