import { AppError, type ErrorCode } from "../kernel/errors.ts";
import type { CallFailures } from "../resilience/targets.ts";

/**
 * `unavailable`, `timed_out`: the same call may succeed later. `sign_in`: refused until the operator acts. `gone`: there
 * is nothing at the address any more where it was. `unusable`: an answer that cannot be read. `dialect`: it speaks
 * nothing in which a slot can be armed.
 */
export type Trouble = "unavailable" | "timed_out" | "sign_in" | "gone" | "unusable" | "dialect";

export interface FailureFacts {
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  /** What the other side said: for the log alone. */
  readonly cause?: unknown;
}

/** Why the Scheduler cannot be used. The message is ours and says what to do. */
export class SchedulerFailure extends Error {
  readonly trouble: Trouble;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(trouble: Trouble, message: string, { status, retryAfterMs, cause }: FailureFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SchedulerFailure";
    this.trouble = trouble;
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Any thrown value as a failure: what is not ours is a limit that passed or a connection that broke. */
export function toFailure(thrown: unknown): SchedulerFailure {
  const known = failureBehind(thrown);
  if (known !== undefined) return known;
  const isLimit = thrown instanceof Error && (thrown.name === "TimeoutError" || thrown.name === "AbortError");
  return isLimit ? tooSlow(thrown) : unreachable(thrown);
}

export const unreachable = (cause: unknown): SchedulerFailure =>
  new SchedulerFailure(
    "unavailable",
    "The external Scheduler cannot be reached. Check SCHEDULER_URL, and that the service runs.",
    { cause },
  );

const tooSlow = (cause: unknown): SchedulerFailure =>
  new SchedulerFailure("timed_out", "The external Scheduler did not answer in time. See whether it is overloaded.", {
    cause,
  });

export const unusable = (what: string, cause?: unknown): SchedulerFailure =>
  new SchedulerFailure(
    "unusable",
    `The external Scheduler gave ${what}. Check that SCHEDULER_URL is the address of the service itself.`,
    { cause },
  );

/**
 * Whatever goes wrong counts against the Scheduler, a refused sign-in too: none of its calls would be worth making. What
 * it understood and does not want is an answer, and no failure.
 */
export const schedulerFailures: CallFailures = {
  isUnwell: () => true,
  isTransient: (thrown) => ["unavailable", "timed_out"].includes(toFailure(thrown).trouble),
  retryAfterMs: (thrown) => toFailure(thrown).retryAfterMs,
  codeOf: (thrown) => codeOf(toFailure(thrown)),
};

/** @param message instead of its own */
export const toAppError = (failure: SchedulerFailure, message = failure.message): AppError =>
  new AppError(codeOf(failure), message);

const codeOf = ({ trouble }: SchedulerFailure): ErrorCode => codes[trouble] ?? "SERVICE_ERROR";

const codes: Partial<Record<Trouble, ErrorCode>> = { sign_in: "AUTHENTICATION_ERROR", timed_out: "TIMEOUT_ERROR" };

/** Longer chains of causes are loops. */
const deepestCause = 5;

/** A failure of ours may have gone through somebody else's client. */
function failureBehind(thrown: unknown, depth = 0): SchedulerFailure | undefined {
  if (thrown instanceof SchedulerFailure) return thrown;
  if (!(thrown instanceof Error) || depth === deepestCause) return undefined;
  return failureBehind(thrown.cause, depth + 1);
}
