import { createServiceClock } from "../../shared/azure/storage/service-clock.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Dice } from "../support/world-dice.ts";
import { currentProcess, type Process } from "../support/world-processes.ts";

/**
 * The machines that the app's processes run on. Each has a clock of its own, which is wrong, and learns the service's
 * from the replies of storage, whose dates are whole seconds.
 */
export function createMachines({ below }: Dice, count: number, skewMs: number, service: Clock) {
  const machines = Array.from({ length: count }, () => {
    const skew = skewMs === 0 ? 0 : below(2 * skewMs) - skewMs;
    const localNow = () => service.now() + skew;
    return { localNow, ...createServiceClock({ localNow, monotonic: service.monotonic }) };
  });
  const machineOf = (process: Process | undefined) => machines[(process?.number ?? 0) % count];

  function replied(process: Process | undefined): void {
    const machine = machineOf(process);
    if (machine === undefined || skewMs === 0) return;
    const at = machine.localNow();
    machine.observe({ dateHeader: new Date(service.now()).toUTCString(), sentAt: at, receivedAt: at });
  }

  // A host has had replies from storage (its own leases and secrets) before it starts the first function.
  for (const number of machines.keys()) replied({ number } as Process);
  return {
    replied,
    clock: {
      now: () => machineOf(currentProcess())?.clock.now() ?? service.now(),
      monotonic: service.monotonic,
    } satisfies Clock,
    /** What a worker would take for the time if it trusted its own clock. */
    localNow: (): number => machineOf(currentProcess())?.localNow() ?? service.now(),
  };
}
