/** The five codes of the error envelope; every failure that leaves this app carries one of them. */
export type ErrorCode =
  | "VALIDATION_ERROR"
  | "SERVICE_ERROR"
  | "AUTHENTICATION_ERROR"
  | "TIMEOUT_ERROR"
  | "INTERNAL_ERROR";

export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface ErrorEnvelope {
  readonly error: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** A failure whose message we wrote ourselves: safe to show to callers and to a model, and says what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }
}

export const invalid = (message: string, details: ErrorDetails = {}): AppError =>
  new AppError("VALIDATION_ERROR", message, details);

/** The answer for what does not exist and for what belongs to somebody else: the two must look the same. */
export const notFound = (what: string, id: string, advice: string): AppError =>
  invalid(`There is no ${what} ${JSON.stringify(id)}. ${advice}`, { reason: "not_found" });

/** Any thrown value as the envelope. Text that we did not write is replaced: it may hold addresses or secrets. */
export function toEnvelope(thrown: unknown): ErrorEnvelope {
  if (thrown instanceof AppError) return { error: thrown.code, message: thrown.message, details: thrown.details };
  return {
    error: "INTERNAL_ERROR",
    message: "Something went wrong on our side. Try again; if it stays, the operator finds the cause in the logs.",
    details: {},
  };
}
