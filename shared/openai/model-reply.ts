import { z } from "zod";
import type { ModelReply, ModelToolCall } from "../model/model.ts";
import { matchedCategories, resultsSchema } from "./error-body.ts";

/** The answer as the port wants it. Throws when it is no chat completion, such as a proxy's HTML page with status 200. */
export function toModelReply(answer: unknown, requestedModel: string): ModelReply {
  const { choices, usage, model } = completionSchema.parse(answer);
  const { message, finish_reason, content_filter_results } = choices[0];
  const toolCalls = (message.tool_calls ?? []).flatMap(toToolCall);
  return {
    text: message.content ?? message.refusal ?? "",
    toolCalls,
    model: model ?? requestedModel,
    // Some compatible servers send no usage: counted as nothing rather than guessed.
    usage: { promptTokens: usage?.prompt_tokens ?? 0, completionTokens: usage?.completion_tokens ?? 0 },
    finishReason: toFinishReason(finish_reason, toolCalls),
    // Azure rates every answer; the categories say something only where they ended it.
    ...(finish_reason === "content_filter" && { filtered: matchedCategories(content_filter_results ?? {}) }),
  };
}

const toolCallSchema = z.object({
  id: z.string().min(1),
  function: z.object({ name: z.string(), arguments: z.string() }).optional(),
});

const choiceSchema = z.object({
  finish_reason: z.string().nullish(),
  content_filter_results: resultsSchema,
  message: z.object({
    content: z.string().nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
  }),
});

const completionSchema = z.object({
  model: z.string().nullish(),
  choices: z.tuple([choiceSchema], z.unknown()),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number().default(0) }).nullish(),
});

/** Only function tools are offered; a call of another kind has nobody to answer it. */
function toToolCall({ id, function: called }: z.infer<typeof toolCallSchema>): ModelToolCall[] {
  return called === undefined ? [] : [{ id, name: called.name, arguments: called.arguments }];
}

function toFinishReason(
  reason: string | null | undefined,
  calls: readonly ModelToolCall[],
): ModelReply["finishReason"] {
  if (reason === "length" || reason === "content_filter") return reason;
  // Several compatible servers close an answer that holds tool calls with "stop" or nothing; a run goes on by this word.
  if (calls.length > 0) return "tool_calls";
  return reason === "stop" ? "stop" : "other";
}
