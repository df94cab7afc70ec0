import type { Clock, Instant, Sleep } from "../../shared/kernel/clock.ts";
import { currentProcess, isAwake, type Process } from "./world-processes.ts";

interface Timer {
  readonly at: Instant;
  readonly process: Process | undefined;
  readonly ring: () => void;
}

/** Time that passes only when it is told to. */
export function createVirtualTime(start: Instant) {
  let now = start;
  const timers = new Set<Timer>();
  const clock: Clock = { now: () => now, monotonic: () => now - start };

  const sleep: Sleep = (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        timers.delete(timer);
        resolve();
      };
      const timer: Timer = { at: now + milliseconds, process: currentProcess(), ring: finish };
      timers.add(timer);
      signal?.addEventListener("abort", finish);
    });

  /** A frozen process hears its timer when it wakes, a dead one never. */
  const ringsAt = ({ at, process }: Timer): Instant =>
    process === undefined ? at : process.state === "alive" ? Math.max(at, process.frozenUntil) : Infinity;

  return {
    clock,
    sleep,
    next(): Instant {
      let next = Infinity;
      for (const timer of timers) next = Math.min(next, ringsAt(timer));
      return next;
    },
    moveTo(instant: Instant) {
      now = Math.max(now, instant);
      for (const timer of timers) if (timer.at <= now && isAwake(timer.process, now)) timer.ring();
    },
  };
}
