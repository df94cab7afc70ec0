import type { Model, ModelMessage, ModelReply, ModelRequest, ModelToolCall } from "../model/model.ts";
import { fillArguments } from "./fill-arguments.ts";
import { type ToolOutcome, writeAnswer } from "./rehearsal-answer.ts";
import { chooseTools } from "./tool-choice.ts";

/** Tool calls that a rehearsal makes for one prompt: enough to show the loop, few enough to read. */
const maximumCalls = 2;

/**
 * A model without a model: offline, without a key, and the same request always gets the same reply. It calls the tools
 * whose names fit the words of the last prompt, then quotes what they returned and says that it is a rehearsal.
 */
export function createRehearsalModel(): Model {
  return {
    async complete(request: ModelRequest) {
      request.signal.throwIfAborted();
      return { ok: true, reply: rehearse(request) };
    },
  };
}

function rehearse(request: ModelRequest): ModelReply {
  const { prompt, outcomes } = readTurn(request.messages);
  const toolCalls = nextCalls(request, prompt, outcomes);
  const text = toolCalls.length > 0 ? "" : writeAnswer(prompt, outcomes);
  const written = toolCalls.length > 0 ? JSON.stringify(toolCalls) : text;
  return {
    text,
    toolCalls,
    model: "rehearsal",
    usage: {
      promptTokens: toTokens(JSON.stringify([request.messages, request.tools]).length),
      completionTokens: toTokens(written.length),
    },
    finishReason: toolCalls.length > 0 ? "tool_calls" : "stop",
  };
}

/** The last prompt, and every call made since with what came back. */
function readTurn(messages: readonly ModelMessage[]): { prompt: string; outcomes: readonly ToolOutcome[] } {
  const start = messages.findLastIndex(({ role }) => role === "user");
  const opening = messages[start];
  const since = messages.slice(start + 1);
  const results = new Map(
    since.flatMap((message) => (message.role === "tool" ? [[message.callId, message.text]] : [])),
  );
  const calls = since.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
  return {
    prompt: opening?.role === "user" ? opening.text : "",
    outcomes: calls.map(({ id, name }) => ({ name, result: results.get(id) })),
  };
}

function nextCalls(request: ModelRequest, prompt: string, outcomes: readonly ToolOutcome[]): readonly ModelToolCall[] {
  const called = new Set(outcomes.map(({ name }) => name));
  return chooseTools(prompt, request.tools, maximumCalls)
    .filter(({ name }) => !called.has(name))
    .slice(0, Math.max(0, maximumCalls - outcomes.length))
    .map(({ name, parameters }, index) => ({
      // The position in the conversation makes the id unique in it, and the same when a run is repeated after a crash.
      id: `rehearsal-${request.messages.length}-${index}`,
      name,
      arguments: JSON.stringify(fillArguments(parameters, prompt)),
    }));
}

/** Four characters a token is the usual estimate for English text; it only has to make budgets and counters move. */
const toTokens = (characters: number): number => Math.ceil(characters / 4);
