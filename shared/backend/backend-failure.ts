import { AppError, type ErrorCode, type ErrorDetails } from "../kernel/errors.ts";

interface Meaning {
  /** Counts for the breaker. */
  readonly isUnwell?: boolean;
  /** The same call may succeed, and cannot do anything twice. */
  readonly canRepeat?: boolean;
  readonly retryAfterMs?: number | undefined;
  /** What the other side or the network said: for the log alone. */
  readonly cause?: unknown;
}

/** Why a call gave nothing. The message is ours and says what to do. */
export class BackendFailure extends AppError {
  readonly isUnwell: boolean;
  readonly canRepeat: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails, meaning: Meaning = {}) {
    super(code, message, details, meaning.cause);
    this.name = "BackendFailure";
    this.isUnwell = meaning.isUnwell ?? false;
    this.canRepeat = meaning.canRepeat ?? false;
    this.retryAfterMs = meaning.retryAfterMs;
  }
}

/** What a failure means depends on what was asked. */
export interface Asked {
  readonly method: "GET" | "POST";
  /** What the caller named, where a 404 says that there is none; absent where every 404 is a wrong address. */
  readonly subject?: { readonly what: string; readonly id: string; readonly advice: string } | undefined;
  /** Names of the values that were sent; others are not repeated to the caller. */
  readonly fields: readonly string[];
}

/** A POST whose answer did not come may have been carried out. */
export const mayBeDone = ({ method }: Asked): ErrorDetails => (method === "POST" ? { may_be_done: true } : {});

/** Not a POST: with its key a backend drops the repeat, and one that ignores the key would do it twice. */
export const isRepeatable = ({ method }: Asked): boolean => method === "GET";

export const timedOut = (asked: Asked, cause?: unknown): BackendFailure =>
  new BackendFailure(
    "TIMEOUT_ERROR",
    "The backend did not answer in time. Try again; if that stays, the operator sees whether it is overloaded, or raises BACKEND_API_TIMEOUT.",
    mayBeDone(asked),
    { isUnwell: true, canRepeat: isRepeatable(asked), cause },
  );

export function unreachable(asked: Asked, cause: unknown): BackendFailure {
  const wasSent = !neverSent.has(codeBehind(cause));
  return new BackendFailure(
    "SERVICE_ERROR",
    "The backend cannot be reached. Try again in a minute; if that stays, the operator checks BACKEND_API_URL, and that the service runs.",
    wasSent ? mayBeDone(asked) : {},
    { isUnwell: true, canRepeat: isRepeatable(asked) || !wasSent, cause },
  );
}

/** @param what such as `a redirect`, in our own words */
export const unusable = (asked: Asked, what: string, cause?: unknown): BackendFailure =>
  new BackendFailure(
    "SERVICE_ERROR",
    `The backend gave ${what}. The operator checks that BACKEND_API_URL is the address of the service itself.`,
    mayBeDone(asked),
    { isUnwell: true, cause },
  );

/** The connection was not made, so nothing was asked. */
const neverSent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** `fetch failed` has the reason in its cause. */
function codeBehind(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : codeBehind(thrown.cause);
}
