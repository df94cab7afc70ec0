import type { OpenAI } from "openai";
import type { Events } from "../kernel/events.ts";
import type { Model, ModelAnswer, ModelRequest } from "../model/model.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import { type OutputLimitField, toChatRequest } from "./chat-request.ts";
import { createFailureReport } from "./failure-report.ts";
import { toModelReply } from "./model-reply.ts";

export interface OpenAiModelOptions {
  readonly client: OpenAI;
  /** Model or deployment name for requests that name none. */
  readonly defaultModel: string;
  readonly events: Events;
  readonly outputLimitField?: OutputLimitField | undefined;
}

/**
 * The model port over chat completions, for Azure OpenAI and every server that speaks the same protocol. One HTTP call
 * for each `complete`. What the provider said about a failure goes to `events` alone, as the cause of a warning.
 */
export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const { client, outputLimitField = "max_completion_tokens" } = options;
  const report = createFailureReport(client, options.events);

  return {
    async complete(request: ModelRequest): Promise<ModelAnswer> {
      const { signal } = request;
      signal.throwIfAborted();
      const model = request.model ?? options.defaultModel;
      try {
        const call = client.chat.completions.create(
          toChatRequest(request, model, outputLimitField),
          callOptions(signal),
        );
        // The client hands the signal to fetch but not to its token provider, so a sign-in that hangs would outlive it.
        return { ok: true, reply: toModelReply(await unlessAborted(call, signal), model) };
      } catch (thrown) {
        signal.throwIfAborted();
        return { ok: false, failure: report(thrown, model) };
      }
    },
  };
}

/** No retries of the client's own: a run has one retry budget, and two that multiply would overrun it. */
const callOptions = (signal: AbortSignal) => ({ signal, maxRetries: 0 });
