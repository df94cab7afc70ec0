import type { Telemetry } from "../kernel/telemetry.ts";
import type { Model, ModelAnswer, ModelRequest } from "../model/model.ts";

export interface ModelIdentity {
  /** gen_ai.provider.name of OpenTelemetry's conventions: `azure.ai.openai`, `openai`, or a name of our own. */
  readonly provider: string;
  /** Model or deployment for requests that name none. */
  readonly defaultModel: string;
}

/** Each call within a span `model.complete`, its tokens measured. What was said stays out of both. */
export function withModelSpans(model: Model, { provider, defaultModel }: ModelIdentity, telemetry: Telemetry): Model {
  const common = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": provider };
  return {
    complete: (request) =>
      telemetry.span("model.complete", { kind: "client", attributes: asked(request) }, async (span) => {
        const answer = await model.complete(request);
        span.set(answered(answer));
        if (!answer.ok) span.fail(answer.failure.class);
        else measureTokens(answer);
        return answer;
      }),
  };

  function asked({ model: named, maxOutputTokens }: ModelRequest) {
    const limits = { "gen_ai.request.model": named ?? defaultModel, "gen_ai.request.max_tokens": maxOutputTokens };
    return { ...common, ...limits };
  }

  function measureTokens({ reply }: Extract<ModelAnswer, { ok: true }>): void {
    const attributes = { ...common, "gen_ai.response.model": reply.model };
    const { promptTokens, completionTokens } = reply.usage;
    const measure = (type: "input" | "output", tokens: number): void =>
      telemetry.measure("gen_ai.client.token.usage", tokens, { ...attributes, "gen_ai.token.type": type });
    measure("input", promptTokens);
    measure("output", completionTokens);
  }
}

function answered(answer: ModelAnswer) {
  if (!answer.ok) return {};
  const { model, usage, finishReason, toolCalls } = answer.reply;
  return {
    "gen_ai.response.model": model,
    "gen_ai.response.finish_reasons": [finishReason],
    "gen_ai.usage.input_tokens": usage.promptTokens,
    "gen_ai.usage.output_tokens": usage.completionTokens,
    "model.tool_calls": toolCalls.length,
  };
}
