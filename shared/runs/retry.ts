import { hourMs, secondMs } from "../kernel/clock.ts";
import type { ModelFailure } from "../model/model.ts";
import type { RunEnd } from "./run-end.ts";

export type RetryDecision =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "give_up"; readonly end: RunEnd };

const baseDelayMs = 30 * secondMs;
const longestDelayMs = hourMs;

/**
 * What becomes of a run whose model call failed.
 * @param failures failed attempts so far, this one included
 * @param dice 0 <= dice < 1; full jitter keeps runs that failed together from coming back together
 */
export function decideRetry(failure: ModelFailure, failures: number, maxAttempts: number, dice: number): RetryDecision {
  if (failure.class !== "transient" && failure.class !== "throttled") return { kind: "give_up", end: endFor(failure) };
  if (failures >= maxAttempts) {
    return { kind: "give_up", end: { outcome: "failed", reason: `model_${failure.class}` } };
  }
  const backoff = dice * Math.min(longestDelayMs, baseDelayMs * 2 ** (failures - 1));
  return { kind: "retry", delayMs: Math.min(longestDelayMs, Math.max(backoff, failure.retryAfterMs ?? 0)) };
}

function endFor(failure: Exclude<ModelFailure, { class: "transient" | "throttled" }>): RunEnd {
  switch (failure.class) {
    case "auth":
      return { outcome: "auth_required", reason: "model_auth" };
    case "quota":
      return { outcome: "failed", reason: "model_quota" };
    case "content_filter":
      return { outcome: "failed", reason: "content_filter", ...categoriesDetail(failure.categories) };
    case "too_long":
      return { outcome: "failed", reason: "prompt_too_long" };
    case "invalid":
      return { outcome: "failed", reason: "model_refused_request" };
  }
}

/** The content filter's categories as the detail of an end. */
export const categoriesDetail = (categories: readonly string[]): { detail?: string } =>
  categories.length === 0 ? {} : { detail: categories.join(", ") };
