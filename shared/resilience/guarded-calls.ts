import { type Breaker, BreakerOpen, createBreaker } from "./breaker.ts";
import { createGroups } from "./groups.ts";
import { createRetry } from "./retry.ts";
import type { CallFailures, CallPolicy } from "./targets.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { withinLimit } from "./within-limit.ts";

export interface GuardOptions {
  readonly policy: CallPolicy;
  readonly failures: CallFailures;
  /** 0 <= random() < 1. */
  readonly random: () => number;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

export interface GuardedCalls extends Pick<Breaker, "refusal" | "state"> {
  /** @throws what the last attempt threw, BreakerOpen without a call, the signal's reason, or a TimeoutError */
  run<Result>(attempt: (signal: AbortSignal) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result>;
}

/** In line; then attempt after attempt while that may help, each of them through the breaker. */
export function createGuardedCalls({ policy, failures, random, onOpen, onClose }: GuardOptions): GuardedCalls {
  const { totalMs = policy.retry.overallMs, atOnce, pauseMs = 0 } = policy;
  const groups = atOnce === undefined ? undefined : createGroups({ size: atOnce, pauseMs });
  const { isUnwell, isTransient = () => false, retryAfterMs = () => undefined } = failures;
  const breaker: Breaker = createBreaker(policy.breaker, {
    // A probe that its caller gave up has proved nothing: the rest begins anew.
    isFailure: (thrown) => (thrown instanceof GivenUp ? breaker.state() === "half_open" : isUnwell(thrown)),
    onOpen: (refusal) => {
      groups?.turnAway(refusal);
      onOpen();
    },
    onClose,
  });
  const mayHelp = (thrown: unknown): boolean =>
    !(thrown instanceof GivenUp || thrown instanceof BreakerOpen) && isTransient(thrown);
  const retry = createRetry(policy.retry, { isTransient: mayHelp, retryAfterMs, random });

  return {
    refusal: breaker.refusal,
    state: breaker.state,
    async run(attempt, signal) {
      signal?.throwIfAborted();
      const refusal = breaker.refusal();
      if (refusal !== undefined) throw refusal;
      return withinLimit(totalMs, (limit) => {
        const over = signal === undefined ? limit : AbortSignal.any([limit, signal]);
        const once = (attemptLimit: AbortSignal) => attemptWithin(attempt, attemptLimit, over, signal);
        const attempts = () => retry((attemptLimit) => breaker.run(() => once(attemptLimit)));
        return unlessAborted(groups === undefined ? attempts() : groups.run(attempts, over), over);
      });
    },
  };
}

/** Its caller does not want it any more, or its time is over before it began: that says nothing about the other side. */
class GivenUp extends Error {}

async function attemptWithin<Result>(
  attempt: (signal: AbortSignal) => Promise<Result>,
  attemptLimit: AbortSignal,
  over: AbortSignal,
  callers: AbortSignal | undefined,
): Promise<Result> {
  if (over.aborted) throw new GivenUp();
  const signal = AbortSignal.any([attemptLimit, over]);
  try {
    return await unlessAborted(attempt(signal), signal);
  } catch (thrown) {
    throw callers?.aborted === true ? new GivenUp() : thrown;
  }
}
