import { secondMs } from "../kernel/clock.ts";
import { type BreakerRules, usualRest } from "../resilience/breaker.ts";
import type { RetryRules } from "../resilience/retry.ts";

/**
 * How long and how much, for one Scheduler. What several calls wait for together, the sign-in and finding out, ends
 * before any of their attempts does: the next attempt starts it anew.
 */
export interface SchedulerLimits {
  readonly retry: RetryRules;
  readonly breaker: BreakerRules;
  /** Asking for a token, the secrets for it included. */
  readonly signInMs: number;
  /** Finding out what the Scheduler speaks. */
  readonly findMs: number;
  /** One call, the time in line included. */
  readonly totalMs: number;
  /** Of one answer. */
  readonly answerBytes: number;
}

export const schedulerLimits: SchedulerLimits = {
  retry: { attempts: 3, baseMs: 500, capMs: 4 * secondMs, attemptMs: 10 * secondMs, overallMs: 30 * secondMs },
  breaker: usualRest,
  signInMs: 5 * secondMs,
  findMs: 8 * secondMs,
  totalMs: 90 * secondMs,
  answerBytes: 64 * 1024,
};
