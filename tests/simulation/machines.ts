import { createServiceClock } from "../../shared/azure/storage/service-clock.ts";
import { type Clock, hourMs, type Instant, minuteMs, secondMs, wholeSecond } from "../../shared/kernel/clock.ts";
import type { Dice } from "../support/world-dice.ts";
import { currentProcess, type Process } from "../support/world-processes.ts";
import type { Step } from "../support/world-steps.ts";

export type Machines = ReturnType<typeof createMachines>;

/** How many machines a world has. */
export const machineCount = 4;

/**
 * The machines that the app's processes run on. Each has a clock on its wall, which is wrong and may be set at any time,
 * and learns the service's from the replies of storage, whose dates are whole seconds.
 */
export function createMachines(dice: Dice, skewMs: number, service: Clock) {
  const machines = Array.from({ length: machineCount }, () => createMachine(dice, skewMs, service));
  const machineOf = (process: Process | undefined) => machines[process?.machine ?? 0];

  return {
    /** Storage has answered: what a process asked of it at `sentAt`. */
    replied({ process, sentAt }: Step): void {
      machineOf(process)?.replied(process, sentAt);
    },
    /** A process has died, and whoever begins on its machine from now on has heard nothing of storage yet. */
    restart: (process: Process): void => machineOf(process)?.restart(),
    /** Somebody, or the network's time service, sets the clock on the wall; answers by how many milliseconds. */
    jump(machine = dice.below(machineCount)): number {
      const byMs = dice.one(-1, 1) * (dice.one(...jumps) + dice.below(secondMs));
      machines[machine]?.set(byMs);
      return byMs;
    },
    clock: {
      now: () => machineOf(currentProcess())?.now(currentProcess()) ?? service.now(),
      monotonic: service.monotonic,
    } satisfies Clock,
    /** What a worker would take for the time if it trusted its own clock. */
    localNow: (): number => machineOf(currentProcess())?.localNow() ?? service.now(),
    /** ... and if it set that clock by each reply, in the belief that nobody else sets it. */
    carriedNow: (): number => machineOf(currentProcess())?.carriedNow() ?? service.now(),
  };
}

const jumps = [2 * secondMs, 30 * secondMs, 4 * minuteMs, 20 * minuteMs, hourMs, 5 * hourMs] as [number, ...number[]];

function createMachine({ below }: Dice, skewMs: number, service: Clock) {
  let skew = skewMs === 0 ? 0 : below(2 * skewMs) - skewMs;
  /** What is wrong with the wall when a request is sent, and what the last reply was compared with. */
  let sentSkew = skew;
  let heardSkew = skew;
  const localNow = () => service.now() + skew;
  const start = () => createServiceClock({ localNow, monotonic: service.monotonic });
  let newest = start();
  /** The second of the last reply, and how storage writes it: most replies of a world share it with the one before. */
  let dated: Instant | undefined;
  let dateHeader = "";
  const clocks = new WeakMap<Process, ReturnType<typeof start>>();
  function clockOf(process: Process | undefined) {
    const known = process && clocks.get(process);
    if (process !== undefined && known === undefined) clocks.set(process, newest);
    return known ?? newest;
  }
  return {
    localNow,
    now: (process: Process | undefined) => clockOf(process).clock.now(),
    carriedNow: () => localNow() - heardSkew,
    set(byMs: number) {
      skew += byMs;
    },
    restart() {
      newest = start();
      heardSkew = 0;
    },
    replied(process: Process, sentAt: number) {
      heardSkew = sentSkew;
      sentSkew = skew;
      const receivedAt = service.monotonic();
      if (wholeSecond(service.now()) !== dated) {
        dated = wholeSecond(service.now());
        dateHeader = new Date(dated).toUTCString();
      }
      clockOf(process).observe({ dateHeader, sentAt: receivedAt - (service.now() - sentAt), receivedAt });
    },
  };
}
