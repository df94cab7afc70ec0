import { APIError, OpenAIError } from "openai";
import type { ModelFailure } from "../model/model.ts";
import { retryAfterMs } from "../resilience/retry-after.ts";
import { type ErrorBody, parseErrorBody } from "./error-body.ts";

import { toSignInFailure } from "./sign-in-failure.ts";

/** What a thrown value means for the run. Whatever is not known to be permanent is worth another try: transient. */
export function toModelFailure(thrown: unknown): ModelFailure {
  if (thrown instanceof APIError) return toAnsweredFailure(thrown);
  // The client throws its plain base class before any request, when its token provider gave no token.
  if (thrown instanceof OpenAIError) return toSignInFailure(thrown.cause);
  // A cut body is a TypeError of fetch, half a JSON text a SyntaxError, an answer of another shape a ZodError.
  return { class: "transient" };
}

function toAnsweredFailure(error: APIError): ModelFailure {
  const { status, headers } = error;
  // Refused, reset and timed out connections carry no status.
  if (status === undefined || status >= 500 || status === 408 || status === 409) return later("transient", headers);
  if (status === 402) return { class: "quota" };
  if (status === 401 || status === 403) return { class: "auth" };
  const body = parseErrorBody(error.error);
  if (status === 429) return toThrottled(body, headers);
  if (status === 413 || isTooLong(body)) return { class: "too_long" };
  if (isContentFilter(body)) return { class: "content_filter", categories: body.categories };
  return { class: "invalid" };
}

function toThrottled(body: ErrorBody, headers: Headers | undefined): ModelFailure {
  // No money left, not too much at once: only the operator can change it, so waiting would burn the run's time.
  if (spentCodes.has(body.code) || spentCodes.has(body.type)) return { class: "quota" };
  // One request above the whole allowance of a minute never fits, however long the wait.
  if (/^Request too large/i.test(body.message)) return { class: "too_long" };
  return later("throttled", headers);
}

function later(kind: "transient" | "throttled", headers: Headers | undefined): ModelFailure {
  const wait = retryAfterMs(headers);
  return wait === undefined ? { class: kind } : { class: kind, retryAfterMs: wait };
}

const spentCodes: ReadonlySet<string> = new Set(["insufficient_quota", "billing_not_active"]);

/** vLLM and llama.cpp say it in words or in the type, with a code that is just the status. */
const isTooLong = ({ code, type, message }: ErrorBody): boolean =>
  code === "context_length_exceeded" || type === "exceed_context_size_error" || /maximum context length/i.test(message);

const isContentFilter = ({ code, innerCode }: ErrorBody): boolean =>
  filterCodes.has(code) || innerCode === "ResponsibleAIPolicyViolation";

/** `invalid_prompt` is how OpenAI's reasoning models say that a prompt was flagged. */
const filterCodes: ReadonlySet<string> = new Set(["content_filter", "content_policy_violation", "invalid_prompt"]);
