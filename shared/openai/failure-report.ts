import { APIError, type OpenAI } from "openai";
import type { AppEvent, Events } from "../kernel/events.ts";
import { blotSecrets, withoutSecrets } from "../kernel/without-secrets.ts";
import type { ModelFailure } from "../model/model.ts";
import { parseErrorBody } from "./error-body.ts";
import { toModelFailure } from "./model-failure.ts";

/** Returns what a thrown value means for the run, and tells the operator what the provider said. */
export function createFailureReport(client: OpenAI, events: Events) {
  return (thrown: unknown, model: string): ModelFailure => {
    const failure = toModelFailure(thrown);
    // The client keeps the key, or the last token of its provider, in this property.
    const secret = client.apiKey;
    events.record({
      level: "warning",
      name: "model.call_failed",
      message: messages[failure.class],
      fields: { class: failure.class, model, ...describeAnswer(thrown, secret), ...describeFailure(failure) },
      cause: withoutSecrets(thrown, secret),
    });
    return failure;
  };
}

const messages: Readonly<Record<ModelFailure["class"], string>> = {
  transient: "The model gave no usable answer; another try may succeed.",
  throttled: "The model provider asks for fewer requests or tokens a minute.",
  content_filter: "The model provider's content filter refused the prompt.",
  auth: "The model provider refuses the sign-in: check the key, or the identity's role on the model resource.",
  quota: "The model provider says that the account's quota is spent: only its owner can change that.",
  too_long: "The prompt is longer than the model or its rate limit takes.",
  invalid: "The model provider refuses the request: check deployment name and API version.",
};

function describeAnswer(thrown: unknown, secret: string | null): AppEvent["fields"] {
  if (!(thrown instanceof APIError)) return {};
  const { status, headers } = thrown;
  // Azure OpenAI's own support id is `apim-request-id`; OpenAI and Azure both send `x-request-id`.
  const requestId = headers?.get("apim-request-id") ?? headers?.get("x-request-id") ?? undefined;
  const code = parseErrorBody(thrown.error).code;
  return { status, code: identifier(code, secret), requestId: identifier(requestId, secret) };
}

/** Codes and ids are foreign too: they become fields only while they look like one, and not like our key. */
function identifier(text: string | undefined, secret: string | null): string | undefined {
  return text !== undefined && /^[\w.-]{1,64}$/.test(blotSecrets(text, secret)) ? text : undefined;
}

function describeFailure(failure: ModelFailure): AppEvent["fields"] {
  if (failure.class === "throttled" || failure.class === "transient") return { retryAfterMs: failure.retryAfterMs };
  if (failure.class === "content_filter") return { categories: failure.categories.join(",") };
  return {};
}
