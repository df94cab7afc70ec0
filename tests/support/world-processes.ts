import { AsyncLocalStorage } from "node:async_hooks";
import type { Instant } from "../../shared/kernel/clock.ts";
import type { RunMessage } from "../../shared/runs/run-queue.ts";

/** One invocation: a tick, the hourly repair, a message in a worker, a callback, or what somebody does. All share one storage and one clock. */
export interface Process {
  readonly kind: "tick" | "run" | "poison" | "user" | "reconcile" | "callback";
  readonly number: number;
  /** The machine that it runs on, with others. */
  readonly machine: number;
  readonly message?: RunMessage;
  /** What a dead process awaits never comes, so its promise simply never continues. */
  state: "alive" | "dead" | "ended";
  /** Until then the process does nothing, while its leases and the lock on its message run on. */
  frozenUntil: Instant;
  /** SIGTERM: the process is to stop at the next safe point. */
  isStopping?: boolean;
}

const running = new AsyncLocalStorage<Process>();

/** The process whose code is running. Outside of all (a test that looks into storage) there is none. */
export const currentProcess = (): Process | undefined => running.getStore();

export const runAs = <T>(process: Process, work: () => Promise<T>): Promise<T> => running.run(process, work);

export const isAwake = (process: Process | undefined, now: Instant): boolean =>
  process === undefined || (process.state === "alive" && process.frozenUntil <= now);
