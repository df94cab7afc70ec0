import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import { parseArguments } from "../conversations/call-arguments.ts";
import type { ModelMessage, ModelRequest, ModelTool, ModelToolCall } from "../model/model.ts";

/**
 * Where a limit of the answer's tokens goes. Reasoning models refuse `max_tokens`, OpenAI has deprecated it, and vLLM
 * takes both names, so `max_completion_tokens` is the rule. Ollama accepts that name and ignores it (ollama issue 7125,
 * seen up to 0.32.5), which leaves the answer without a limit: for such servers choose `max_tokens`. Never both, the
 * OpenAI API answers 400 then.
 */
export type OutputLimitField = "max_completion_tokens" | "max_tokens";

/** The request as the chat completions API wants it: not streamed, since a run needs the whole answer anyway. */
export function toChatRequest(
  request: ModelRequest,
  model: string,
  outputLimitField: OutputLimitField,
): ChatCompletionCreateParamsNonStreaming {
  const { messages, tools, maxOutputTokens } = request;
  return {
    model,
    messages: messages.map(toChatMessage),
    // An empty list is refused by the API, and so is a tool choice without tools.
    ...(tools.length > 0 && { tools: tools.map(toChatTool), tool_choice: "auto" as const }),
    ...(maxOutputTokens !== undefined && { [outputLimitField]: maxOutputTokens }),
  };
}

function toChatMessage(message: ModelMessage): ChatCompletionMessageParam {
  switch (message.role) {
    case "assistant":
      return toAssistantMessage(message.text, message.toolCalls);
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: resultText(message) };
    default:
      return { role: message.role, content: message.text };
  }
}

/** The API has no flag for a failed call, and what a tool says of its failure may read like any result. */
const resultText = ({ text, isError }: Extract<ModelMessage, { role: "tool" }>): string =>
  isError ? `Error: ${text}` : text;

function toAssistantMessage(text: string, calls: readonly ModelToolCall[]): ChatCompletionAssistantMessageParam {
  if (calls.length === 0) return { role: "assistant", content: text };
  return { role: "assistant", content: text === "" ? null : text, tool_calls: calls.map(toChatToolCall) };
}

const toChatToolCall = (call: ModelToolCall): ChatCompletionMessageFunctionToolCall => ({
  id: call.id,
  type: "function",
  // vLLM and others read the arguments of earlier turns as JSON and refuse the whole prompt when they are none; the
  // call's result tells the model what it had written.
  function: { name: call.name, arguments: parseArguments(call.arguments) === undefined ? "{}" : call.arguments },
});

const toChatTool = (tool: ModelTool): ChatCompletionTool => ({
  type: "function",
  function: { name: tool.name, description: tool.description, parameters: tool.parameters },
});
