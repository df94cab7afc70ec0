import { hourMs, secondMs } from "../kernel/clock.ts";
import type { ModelFailure } from "../model/model.ts";
import type { Outcome } from "./run.ts";

export type RetryDecision =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "give_up"; readonly outcome: Outcome; readonly reason: string };

const baseDelayMs = 30 * secondMs;
const longestDelayMs = hourMs;

/**
 * What becomes of a run whose model call failed.
 * @param failures failed attempts so far, this one included
 * @param dice 0 <= dice < 1; full jitter keeps runs that failed together from coming back together
 */
export function decideRetry(failure: ModelFailure, failures: number, maxAttempts: number, dice: number): RetryDecision {
  const permanent = permanentOutcomes[failure.class];
  if (permanent !== undefined) return { kind: "give_up", ...permanent };
  if (failures >= maxAttempts) return { kind: "give_up", outcome: "failed", reason: `model_${failure.class}` };
  const backoff = dice * Math.min(longestDelayMs, baseDelayMs * 2 ** (failures - 1));
  const asked = failure.class === "throttled" ? (failure.retryAfterMs ?? 0) : 0;
  return { kind: "retry", delayMs: Math.min(longestDelayMs, Math.max(backoff, asked)) };
}

const permanentOutcomes: Partial<Record<ModelFailure["class"], { outcome: Outcome; reason: string }>> = {
  auth: { outcome: "auth_required", reason: "model_auth" },
  content_filter: { outcome: "failed", reason: "content_filter" },
  too_long: { outcome: "failed", reason: "prompt_too_long" },
  invalid: { outcome: "failed", reason: "model_refused_request" },
};
