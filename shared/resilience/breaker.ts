import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { secondMs } from "../kernel/clock.ts";

export interface BreakerRules {
  /** It opens after so many failures in a row. */
  readonly failures: number;
  /** Nothing gets through for so long; then one call tries, and the others wait for how that one ends. */
  readonly restMs: number;
}

/** Five in a row are no accident, and half a minute is little for whoever has to come back. */
export const usualRest: BreakerRules = { failures: 5, restMs: 30 * secondMs };

/** For calls that something else keeps from being made in vain. */
export const noBreaker: BreakerRules = { failures: Number.POSITIVE_INFINITY, restMs: 0 };

export interface BreakerDecisions {
  /** Whether the error says that the other side is unwell, as opposed to: that it does not want this one call. */
  readonly isFailure: (error: unknown) => boolean;
  readonly onOpen: (refusal: BreakerOpen) => void;
  readonly onClose: () => void;
}

/** `half_open`: its rest is over, and one call may try. */
export type BreakerState = "closed" | "open" | "half_open";

export interface Breaker {
  /** @throws BreakerOpen without a call, or what the operation throws */
  run<T>(operation: () => Promise<T>): Promise<T>;
  /** What a call would be refused with at this moment, if it would. */
  refusal(): BreakerOpen | undefined;
  state(): BreakerState;
}

/** Nothing was called: the other side failed several times in a row, at last with the cause, and is left alone. */
export class BreakerOpen extends Error {
  readonly #until: number;

  /** @param until when the rest is over, in milliseconds since 1970 by this machine's clock */
  constructor(cause: unknown, until: number) {
    super("The other side failed several times in a row and is left alone for a while.", { cause });
    this.name = "BreakerOpen";
    this.#until = until;
  }

  /** How much of the rest is left, in milliseconds. */
  get retryAfterMs(): number {
    return Math.max(0, this.#until - Date.now());
  }
}

/** A circuit breaker as data. */
export function createBreaker(rules: BreakerRules, { isFailure, onOpen, onClose }: BreakerDecisions): Breaker {
  let openUntil = 0;
  let refusal = new BreakerOpen(undefined, openUntil);
  const policy = circuitBreaker(handleWhen(isFailure), {
    halfOpenAfter: rules.restMs,
    breaker: new ConsecutiveBreaker(rules.failures),
  });
  policy.onBreak((reason) => {
    openUntil = Date.now() + rules.restMs;
    refusal = new BreakerOpen("error" in reason ? reason.error : undefined, openUntil);
    onOpen(refusal);
  });
  policy.onReset(onClose);
  const isResting = (): boolean => policy.state === CircuitState.Open && Date.now() < openUntil;
  return {
    async run(operation) {
      try {
        return await policy.execute(operation);
      } catch (thrown) {
        throw thrown instanceof BrokenCircuitError ? refusal : thrown;
      }
    },
    refusal: () => (isResting() ? refusal : undefined),
    state() {
      if (policy.state === CircuitState.Closed) return "closed";
      return isResting() ? "open" : "half_open";
    },
  };
}
