import type { ErrorCode } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";
import type { Telemetry } from "../kernel/telemetry.ts";
import type { BreakerOpen, BreakerRules, BreakerState } from "./breaker.ts";
import { openTarget } from "./open-target.ts";
import type { RetryRules } from "./retry.ts";

/** How calls to one other service are made: data, one for each target. */
export interface CallPolicy {
  /** Attempts, backoff, and the limits of one attempt and of all together. One attempt: nothing is tried again. */
  readonly retry: RetryRules;
  readonly breaker: BreakerRules;
  /** Calls at the same time; more wait their turn. Absent: no limit. */
  readonly atOnce?: number | undefined;
  /** From the beginning of one group of so many calls to the beginning of the next. Absent: none. */
  readonly pauseMs?: number | undefined;
  /** One call, the time in line included. Absent: as long as all attempts may take. */
  readonly totalMs?: number | undefined;
}

/** What a failure of a call means. */
export interface CallFailures {
  /** The other side is unwell: counts for the breaker. An attempt that was ended at its limit is asked about, too. */
  readonly isUnwell: (thrown: unknown) => boolean;
  /** Trying the same call again may help, and can do no harm. Absent: it never does. */
  readonly isTransient?: ((thrown: unknown) => boolean) | undefined;
  /** What the other side asked us to wait, in milliseconds. Absent: it never does. */
  readonly retryAfterMs?: ((thrown: unknown) => number | undefined) | undefined;
  /** For health and telemetry. Absent: an AppError's own, TIMEOUT_ERROR at a limit, else SERVICE_ERROR. */
  readonly codeOf?: ((thrown: unknown) => ErrorCode) | undefined;
}

/** What one attempt is given. */
export interface Attempt {
  /** Ends with the caller's signal and at every limit. */
  readonly signal: AbortSignal;
  /** For its request: traceparent, where there is a trace. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How it goes with a target, by its last calls. */
export interface TargetHealth {
  /** `unused`: not called yet. `degraded`: the last call that said anything about it found it unwell. */
  readonly state: "unused" | "ok" | "degraded";
  readonly breaker: BreakerState;
  /** Of the last failure; undefined while it is well. */
  readonly error?: ErrorCode | undefined;
}

/** One service that the app calls. */
export interface Target {
  readonly name: string;
  /**
   * Makes a call: bounded in time, tried again where that may help, within a client span, counted and timed, and not at
   * all while the breaker is open.
   * @param operation a name for telemetry, out of a small set: never an address or an id
   * @throws what the last attempt threw, BreakerOpen without a call, the caller's signal's reason, or a TimeoutError
   */
  call<Result>(
    operation: string,
    attempt: (context: Attempt) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /** What a call would be refused with at this moment, if it would. */
  refusal(): BreakerOpen | undefined;
  health(): TargetHealth;
}

/** Opens targets, and knows all that were opened. */
export interface Targets {
  /** @param name in words of telemetry: `backend`, `model`, `mcp_server.weather` */
  open(name: string, policy: CallPolicy, failures: CallFailures): Target;
  /** In the order in which they were opened. */
  all(): readonly Target[];
}

export interface TargetsOptions {
  readonly events: Events;
  readonly telemetry: Telemetry;
  /** 0 <= random() < 1, for the jitter of retries. */
  readonly random: () => number;
}

/** The one place through which calls leave the app. */
export function createTargets(options: TargetsOptions): Targets {
  const opened: Target[] = [];
  return {
    open(name, policy, failures) {
      const target = openTarget(name, policy, failures, options);
      opened.push(target);
      return target;
    },
    all: () => opened,
  };
}
