import { handleWhen, retry } from "cockatiel";
import { withinLimit } from "./within-limit.ts";

export interface RetryRules {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Full jitter: the wait before attempt n is drawn evenly from 0 to min(cap, base * 2^(n-1)). */
  readonly baseMs: number;
  readonly capMs: number;
  /** One attempt is aborted after this long. */
  readonly attemptMs: number;
  /** No further attempt begins, and the running one is aborted, this long after the first began. */
  readonly overallMs: number;
}

/** One attempt, ended at its limit; nothing is tried again. */
export const onceWithin = (limitMs: number): RetryRules => ({
  attempts: 1,
  baseMs: 0,
  capMs: 0,
  attemptMs: limitMs,
  overallMs: limitMs,
});

export interface RetryDecisions {
  /** Whether the same call may succeed later. An attempt that was aborted at its limit is an error like any other. */
  readonly isTransient: (error: unknown) => boolean;
  /** How long the other side asked us to wait, if it did; waited exactly, and given up when it exceeds the time left. */
  readonly retryAfterMs: (error: unknown) => number | undefined;
  /** 0 <= random() < 1. */
  readonly random: () => number;
}

/** Runs the operation until it succeeds, or throws its last error. The operation must pass the signal on to its call. */
export type Retry = <T>(operation: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Retries as data: exponential with full jitter, a cap, Retry-After, and limits for one attempt and for all of them. */
export function createRetry(rules: RetryRules, { isTransient, retryAfterMs, random }: RetryDecisions): Retry {
  return (operation) => {
    const deadline = performance.now() + rules.overallMs;
    const timeLeft = () => deadline - performance.now();
    const policy = retry(
      handleWhen((error) => isTransient(error) && (retryAfterMs(error) ?? 0) < timeLeft()),
      { maxAttempts: rules.attempts - 1, backoff: createBackoff(rules, random, retryAfterMs) },
    );
    return withinLimit(rules.overallMs, (overall) => {
      const attempt = (limit: AbortSignal) => operation(AbortSignal.any([overall, limit]));
      return policy.execute(() => withinLimit(rules.attemptMs, attempt), overall);
    });
  };
}

function createBackoff(
  { baseMs, capMs }: RetryRules,
  random: () => number,
  retryAfterMs: RetryDecisions["retryAfterMs"],
): Backoff {
  const next = ({ attempt, result }: BackoffContext): Backoff & { duration: number } => ({
    duration:
      ("error" in result ? retryAfterMs(result.error) : undefined) ??
      random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)),
    next,
  });
  return { next };
}

type BackoffContext = { readonly attempt: number; readonly result: object & { readonly error?: unknown } };
type Backoff = { next(context: BackoffContext): Backoff & { readonly duration: number } };
