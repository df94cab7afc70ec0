import type { RunMessage } from "../../shared/runs/run-queue.ts";
import { type Mutant, onReplace } from "./mutant.ts";

/** Bugs in how owners are told. */
export const notificationMutants: Readonly<Record<string, Mutant>> = {
  "told after the gate is released": {
    firstSeed: 17,
    caughtBy: ["none untold"],
    bend(straight) {
      const late = new Map<string, RunMessage>();
      const ports = onReplace(straight, async (schedule, version, replace) => {
        const written = await replace(schedule, version);
        const message = late.get(schedule.id);
        if (written !== undefined && message !== undefined && late.delete(schedule.id)) {
          await straight.queue.enqueue(message, 0);
        }
        return written;
      });
      const enqueue: typeof ports.queue.enqueue = async (message, delayMs) => {
        if (message.notify !== true || delayMs > 0) return straight.queue.enqueue(message, delayMs);
        const run = await straight.runs.read(message);
        // Nobody releases the gate of a run that waits for approval.
        if (run?.value.state !== "ended") return straight.queue.enqueue(message, delayMs);
        late.set(message.scheduleId, message);
      };
      return { ...ports, queue: { enqueue } };
    },
  },
  "not told again": {
    caughtBy: ["none untold"],
    bend: (ports) => ({
      ...ports,
      queue: {
        enqueue: async (message, delayMs) =>
          message.notify === true && delayMs > 0 ? undefined : ports.queue.enqueue(message, delayMs),
      },
    }),
  },
  "silence kept from its owner": {
    caughtBy: ["none untold"],
    firstSeed: 22,
    bend: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        create: ({ notices, ...run }) =>
          ports.runs.create({ ...run, notices: notices?.filter(({ event }) => event !== "schedule_silent") }),
      },
    }),
  },
};
