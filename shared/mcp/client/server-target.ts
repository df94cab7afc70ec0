import { hourMs } from "../../kernel/clock.ts";
import type { ErrorCode } from "../../kernel/errors.ts";
import { noBreaker } from "../../resilience/breaker.ts";
import { onceWithin } from "../../resilience/retry.ts";
import type { CallFailures, CallPolicy, Target, Targets } from "../../resilience/targets.ts";
import { failureBehind, ServerFailure } from "./server-failure.ts";

/** All that one server is asked. */
export const openServerTarget = (targets: Targets, server: string): Target =>
  targets.open(`mcp_server.${server}`, policy, failures);

/**
 * One attempt: most tools may not be called twice. A call goes on while it gives signs of life (callMs) and the run waits
 * for it; the hour is for one that does both for ever. What leaves a server alone is the link, from its first failure
 * on: it knows of a connection that broke between two calls, too.
 */
const policy: CallPolicy = {
  retry: onceWithin(hourMs),
  breaker: noBreaker,
};

const failures: CallFailures = {
  isUnwell: (thrown) => !["AUTHENTICATION_ERROR", "VALIDATION_ERROR"].includes(codeOf(thrown)),
  codeOf,
};

function codeOf(thrown: unknown): ErrorCode {
  const known = failureBehind(thrown);
  if (known !== undefined) {
    return known instanceof ServerFailure && known.state === "auth_required" ? "AUTHENTICATION_ERROR" : "SERVICE_ERROR";
  }
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  const isTimeout = code === "REQUEST_TIMEOUT" || (thrown instanceof Error && thrown.name === "TimeoutError");
  if (isTimeout) return "TIMEOUT_ERROR";
  // An error of the protocol: it answers, and does not want this one call.
  return typeof code === "number" ? "VALIDATION_ERROR" : "SERVICE_ERROR";
}
