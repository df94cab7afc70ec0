import { secondMs } from "../../kernel/clock.ts";
import type { RunQueue } from "../../runs/run-queue.ts";
import { longestDelaySeconds, type Queue } from "./queue.ts";

/** Run messages as JSON. A run further away than a week is woken early, and put back by whoever wakes. */
export function createRunQueue(queue: Queue): RunQueue {
  return {
    async enqueue(message, delayMs) {
      const seconds = Math.ceil(Math.max(0, delayMs) / secondMs);
      await queue.send(JSON.stringify(message), Math.min(seconds, longestDelaySeconds));
    },
  };
}
