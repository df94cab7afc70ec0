import { z } from "zod";
import { secondMs } from "../kernel/clock.ts";
import { notFound } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { type Asked, BackendFailure, isRepeatable, mayBeDone, timedOut, unusable } from "./backend-failure.ts";

export interface Refused {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
  /** The answer as an error for the log. */
  readonly cause: Error;
}

/** An answer other than 2xx as a failure with our own words. */
export function toFailure(asked: Asked, refused: Refused): BackendFailure {
  const { status, cause } = refused;
  if (status === 400 || status === 422) return refusedValues(asked, refused);
  if (status === 401 || status === 403) return notLetIn(status, cause);
  if (status === 404) return absent(asked, cause);
  if (status === 408) return timedOut(asked, cause);
  if (status === 409) return conflict(status);
  if (status === 429) return busy(refused);
  if (status >= 300 && status < 400)
    return unusable(asked, `a redirect (HTTP ${status}), which is not followed`, cause);
  return broken(asked, refused);
}

/** What the backend says about the values may repeat them, so that only names that were sent are taken out of it. */
function refusedValues({ fields }: Asked, { status, text }: Refused): BackendFailure {
  const named = fieldsIn(text).filter((name) => fields.includes(name));
  const message =
    named.length > 0
      ? `The backend does not accept these values: ${named.join(", ")}. Change them and call again.`
      : `The backend does not accept these arguments (HTTP ${status}). Change them and call again.`;
  return new BackendFailure("VALIDATION_ERROR", message, { status, fields: named });
}

const notLetIn = (status: number, cause: Error): BackendFailure =>
  new BackendFailure(
    "AUTHENTICATION_ERROR",
    `The backend does not let this app in (HTTP ${status}). The operator checks BACKEND_API_SCOPE, and that the app's identity may call the backend.`,
    { status },
    { cause },
  );

function absent(asked: Asked, cause: Error): BackendFailure {
  if (asked.subject === undefined) return unusable(asked, "HTTP 404 for a route that every backend has", cause);
  const { what, id, advice } = asked.subject;
  const { code, message, details } = notFound(what, id, advice);
  return new BackendFailure(code, message, details);
}

const conflict = (status: number): BackendFailure =>
  new BackendFailure(
    "VALIDATION_ERROR",
    "The backend says that this clashes with what is there (HTTP 409). See with list_tickets whether the ticket exists, before you call again.",
    { status, reason: "conflict" },
  );

/** Nothing was done, so that a POST may be repeated, too. */
function busy({ status, retryAfterMs, cause }: Refused): BackendFailure {
  const seconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / secondMs);
  const wait = seconds === undefined ? "in a minute" : `in ${seconds} seconds`;
  return new BackendFailure(
    "SERVICE_ERROR",
    `The backend asks for fewer calls. Try again ${wait}.`,
    { status, ...(seconds === undefined ? {} : { retry_after_seconds: seconds }) },
    { canRepeat: true, retryAfterMs, cause },
  );
}

const broken = (asked: Asked, { status, retryAfterMs, cause }: Refused): BackendFailure =>
  new BackendFailure(
    "SERVICE_ERROR",
    `The backend answered with HTTP ${status}. Try again in a minute; if that stays, the operator looks into its log.`,
    { status, ...(status >= 500 ? mayBeDone(asked) : {}) },
    { isUnwell: status >= 500, canRepeat: status >= 500 && isRepeatable(asked), retryAfterMs, cause },
  );

/** Our own error envelope, and what FastAPI says: {"detail":[{"loc":["body","title"]}]}. */
const namingSchema = z.union([
  z.object({ details: z.object({ fields: z.array(z.string()) }) }).transform(({ details }) => details.fields),
  z
    .object({ detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])) })) })
    .transform(({ detail }) => detail.flatMap(({ loc }) => loc.map(String))),
]);

const fieldsIn = (text: string): readonly string[] => [...new Set(namingSchema.safeParse(parseJson(text)).data ?? [])];
