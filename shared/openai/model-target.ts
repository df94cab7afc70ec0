import { APIConnectionTimeoutError, APIError, OpenAIError } from "openai";
import { AppError, type ErrorCode } from "../kernel/errors.ts";
import type { ModelFailure } from "../model/model.ts";
import { usualRest } from "../resilience/breaker.ts";
import { onceWithin } from "../resilience/retry.ts";
import type { CallFailures, CallPolicy, Target, Targets } from "../resilience/targets.ts";
import { timeoutMs } from "./clients.ts";
import { toModelFailure } from "./model-failure.ts";

/** All calls to the model's provider. @param targets of the app */
export const openModelTarget = (targets: Targets): Target => targets.open("model", policy, failures);

/** One attempt: a run has one retry budget, and two that multiply would overrun it. */
const policy: CallPolicy = {
  retry: onceWithin(timeoutMs),
  breaker: usualRest,
};

const failures: CallFailures = {
  // A sign-in that fails was never a call to the provider.
  isUnwell: (thrown) => !isSignIn(thrown) && unwell.has(toModelFailure(thrown).class),
  codeOf,
};

const unwell: ReadonlySet<ModelFailure["class"]> = new Set(["transient", "throttled"]);

const isSignIn = (thrown: unknown): boolean =>
  thrown instanceof AppError || (thrown instanceof OpenAIError && !(thrown instanceof APIError));

function codeOf(thrown: unknown): ErrorCode {
  const failure = toModelFailure(thrown);
  if (isSignIn(thrown) || failure.class === "auth") return "AUTHENTICATION_ERROR";
  if (isTimeout(thrown)) return "TIMEOUT_ERROR";
  return findsFault(failure, thrown) ? "VALIDATION_ERROR" : "SERVICE_ERROR";
}

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof APIConnectionTimeoutError || (thrown instanceof Error && thrown.name === "TimeoutError");

/** The provider is well and refuses this one prompt; an unknown deployment (404) or a redirect hits them all. */
function findsFault(failure: ModelFailure, thrown: unknown): boolean {
  if (failure.class === "invalid") return thrown instanceof APIError && [400, 422].includes(thrown.status ?? 0);
  return failure.class === "content_filter" || failure.class === "too_long";
}
