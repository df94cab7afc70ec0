import { z } from "zod";
import type { ModelFailure } from "../model/model.ts";

/**
 * What a token provider's failure means. A refusal by Entra (4xx) and a machine without any credential stay until the
 * operator acts: auth. The identity endpoint being slow, throttled or unreachable passes by itself: transient. The
 * names are those of @azure/identity 4.14, told apart by name because only azure/ may import that package.
 */
export function toSignInFailure(cause: unknown): ModelFailure {
  // Without a cause the provider worked and handed out an empty token: nothing that time would mend.
  if (cause === undefined) return { class: "auth" };
  const { name, statusCode } = causeSchema.parse(cause);
  if (name === "AuthenticationError") return { class: isRefusal(statusCode) ? "auth" : "transient" };
  return { class: permanentNames.has(name) ? "auth" : "transient" };
}

const causeSchema = z
  .object({ name: z.string().catch(""), statusCode: z.number().catch(0) })
  .catch({ name: "", statusCode: 0 });

const permanentNames: ReadonlySet<string> = new Set([
  "AggregateAuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;
