import type { OpenAI } from "openai";
import type { Events } from "../kernel/events.ts";
import type { Model, ModelAnswer, ModelRequest } from "../model/model.ts";
import { BreakerOpen } from "../resilience/breaker.ts";
import type { Attempt, Targets } from "../resilience/targets.ts";
import { type OutputLimitField, toChatRequest } from "./chat-request.ts";
import { createFailureReport } from "./failure-report.ts";
import { toModelReply } from "./model-reply.ts";
import { openModelTarget } from "./model-target.ts";

export interface OpenAiModelOptions {
  readonly client: OpenAI;
  /** Model or deployment name for requests that name none. */
  readonly defaultModel: string;
  readonly events: Events;
  readonly targets: Targets;
  readonly outputLimitField?: OutputLimitField | undefined;
}

/**
 * The model port over chat completions, for Azure OpenAI and every server that speaks the same protocol. One HTTP call
 * for each `complete`. What the provider said about a failure goes to `events` alone, as the cause of a warning.
 */
export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const { client, outputLimitField = "max_completion_tokens" } = options;
  const report = createFailureReport(client, options.events);
  const target = openModelTarget(options.targets);

  return {
    async complete(request: ModelRequest): Promise<ModelAnswer> {
      const { signal } = request;
      signal.throwIfAborted();
      const model = request.model ?? options.defaultModel;
      try {
        const body = toChatRequest(request, model, outputLimitField);
        const call = async (attempt: Attempt) =>
          toModelReply(await client.chat.completions.create(body, callOptions(attempt)), model);
        return { ok: true, reply: await target.call("chat", call, signal) };
      } catch (thrown) {
        signal.throwIfAborted();
        // What opened it has been recorded; a line for each call that is not made would say nothing more.
        if (thrown instanceof BreakerOpen) return leftAlone(thrown);
        return { ok: false, failure: report(thrown, model) };
      }
    },
  };
}

/** No retries of the client's own: see the target's policy. */
const callOptions = ({ signal, headers }: Attempt) => ({ signal, headers: { ...headers }, maxRetries: 0 });

const leftAlone = ({ retryAfterMs }: BreakerOpen): ModelAnswer => ({
  ok: false,
  failure: { class: "transient", retryAfterMs },
});
