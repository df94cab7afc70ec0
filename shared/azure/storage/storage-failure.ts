import { isRestError } from "@azure/storage-blob";
import { AppError } from "../../kernel/errors.ts";

/** Storage's answer when it did answer: HTTP status and its word for the reason, x-ms-error-code (`BlobNotFound`). */
export interface Refusal {
  readonly status: number;
  readonly word: string;
}

/** The answer in an SDK error, or undefined when there was none (network, limit, sign-in). */
export function refusalIn(thrown: unknown): Refusal | undefined {
  if (!isRestError(thrown) || thrown.statusCode === undefined) return undefined;
  // A HEAD reply has no body, so the header is the only place where the word always is.
  return { status: thrown.statusCode, word: thrown.response?.headers.get("x-ms-error-code") ?? thrown.code ?? "" };
}

/** Worth another attempt: no answer, too slow, throttled, or broken on their side. Signing in retries by itself. */
export function isTransient(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown.name === "AbortError" || thrown.name === "TimeoutError") return true;
  if (!isRestError(thrown)) return false;
  return thrown.statusCode === undefined || [408, 429, 500, 502, 503, 504].includes(thrown.statusCode);
}

/** Retry-After in seconds, as Azure Storage sends it. */
export function retryAfterMs(thrown: unknown): number | undefined {
  if (!isRestError(thrown)) return undefined;
  const seconds = Number(thrown.response?.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** Any failure that is not an answer to the caller's question, as SERVICE_ERROR with our own words; theirs is the cause. */
export function unavailable(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = refusalIn(thrown)?.status;
  const details = status === undefined ? {} : { status };
  return new AppError("SERVICE_ERROR", adviceFor(thrown, status), details, thrown);
}

function adviceFor(thrown: unknown, status: number | undefined): string {
  if (status === 401 || status === 403) {
    return `Storage refused this app (${status}). Check that its identity has the roles Storage Blob Data Contributor and Storage Queue Data Contributor on the account (a new role takes some minutes), and that the account's network rules admit it.`;
  }
  if (status === 404)
    return "Storage does not know the account, container or queue that was asked for. Check AzureWebJobsStorage.";
  if (status === 429 || status === 503) return "Storage is busy and turned the request away. Try again in a minute.";
  if (status !== undefined)
    return `Storage answered with status ${status}. Try again; the operator finds more in the logs.`;
  if (isTransient(thrown)) {
    return "Storage did not answer in time. Check that the account named by AzureWebJobsStorage exists and can be reached from here, then try again.";
  }
  return "Storage could not be asked, for example because signing in failed. Check AzureWebJobsStorage and the app's identity.";
}
