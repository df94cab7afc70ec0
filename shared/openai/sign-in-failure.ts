import { AppError } from "../kernel/errors.ts";
import type { ModelFailure } from "../model/model.ts";

/**
 * What it means that there was no token or key to send. Whoever gives them says in `details.reason` what passes by
 * itself: transient. Everything else that they say in our words (refused, missing, not sendable) stays until the
 * operator acts: auth.
 */
export function toSignInFailure(cause: unknown): ModelFailure {
  // Without a cause the provider worked and handed out an empty token: nothing that time would mend.
  if (cause === undefined) return { class: "auth" };
  if (!(cause instanceof AppError) || cause.code === "TIMEOUT_ERROR") return { class: "transient" };
  return { class: passingReasons.includes(String(cause.details.reason)) ? "transient" : "auth" };
}

const passingReasons = ["unreachable", "busy"];
