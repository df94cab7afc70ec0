import { secondMs } from "../kernel/clock.ts";
import { usualRest } from "../resilience/breaker.ts";
import type { CallFailures, CallPolicy } from "../resilience/targets.ts";
import { BackendFailure } from "./backend-failure.ts";

/** The longest that a call may take in all: a run gives a tool 60 seconds. */
const longestMs = 55 * secondMs;

/** @param timeoutMs of one attempt */
export const backendPolicy = (timeoutMs: number): CallPolicy => ({
  retry: {
    attempts: 3,
    baseMs: 250,
    capMs: 2 * secondMs,
    // The request has the limit itself; this one is for what hangs beyond it.
    attemptMs: timeoutMs + secondMs,
    overallMs: Math.min(longestMs, 3 * (timeoutMs + 2 * secondMs)),
  },
  breaker: usualRest,
  atOnce: 10,
});

export const backendFailures: CallFailures = {
  // What is no failure of ours is a limit of the target's.
  isUnwell: (thrown) => !(thrown instanceof BackendFailure) || thrown.isUnwell,
  isTransient: (thrown) => thrown instanceof BackendFailure && thrown.canRepeat,
  retryAfterMs: (thrown) => (thrown instanceof BackendFailure ? thrown.retryAfterMs : undefined),
};
