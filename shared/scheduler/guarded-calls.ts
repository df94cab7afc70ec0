import { BreakerOpen, createBreaker } from "../resilience/breaker.ts";
import { createGroups, type GroupRules } from "../resilience/groups.ts";
import { createRetry } from "../resilience/retry.ts";
import type { SchedulerLimits } from "./limits.ts";
import { isTransient, SchedulerFailure, toFailure } from "./scheduler-failure.ts";

export interface GuardOptions {
  readonly limits: SchedulerLimits;
  readonly batch: GroupRules;
  readonly random: () => number;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

export interface GuardedCalls {
  /** @throws SchedulerFailure, or BreakerOpen without a call */
  run<T>(attempt: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** What a call would be refused with at this moment, if it would. */
  refusal(): BreakerOpen | undefined;
}

/** All calls to one Scheduler: in groups, each repeated while that may help, none while the Scheduler is left alone. */
export function createGuardedCalls({ limits, batch, random, onOpen, onClose }: GuardOptions): GuardedCalls {
  const groups = createGroups(batch);
  const retry = createRetry(limits.retry, { isTransient, retryAfterMs, random });
  const breaker = createBreaker(limits.breaker, {
    isFailure: (thrown) => thrown instanceof SchedulerFailure,
    onOpen: (refusal) => {
      groups.turnAway(refusal);
      onOpen();
    },
    onClose,
  });
  return {
    refusal: breaker.refusal,
    async run(attempt) {
      const refusal = breaker.refusal();
      if (refusal !== undefined) throw refusal;
      const total = AbortSignal.timeout(limits.totalMs);
      const once = (signal: AbortSignal) => attempt(AbortSignal.any([signal, total])).catch(throwFailure);
      return groups
        .run(() => retry((signal) => breaker.run(() => once(signal))), total)
        .catch((thrown: unknown) => (thrown instanceof BreakerOpen ? Promise.reject(thrown) : throwFailure(thrown)));
    },
  };
}

const retryAfterMs = (thrown: unknown): number | undefined =>
  thrown instanceof SchedulerFailure ? thrown.retryAfterMs : undefined;

function throwFailure(thrown: unknown): never {
  throw toFailure(thrown);
}
