import type { Model, ModelReply, ModelRequest, ModelToolCall } from "../model/model.ts";
import { chooseCalls } from "./choose-calls.ts";
import { readTurn } from "./read-turn.ts";
import { writeAnswer, writeSummary } from "./rehearsal-answer.ts";

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
  const turn = readTurn(request.messages);
  if (isForSummary(request, turn.prompt)) return reply(request, writeSummary(turn.prompt), []);
  const calls = chooseCalls(turn, request.tools).map((call, index) => ({
    // The position in the conversation makes the id unique in it, and the same when a run is repeated after a crash.
    id: `rehearsal-${request.messages.length}-${index}`,
    ...call,
  }));
  return calls.length > 0 ? reply(request, "", calls) : reply(request, writeAnswer(turn), []);
}

/** The engine asks for a summary without tools, and its request quotes the conversation. */
const isForSummary = ({ tools }: ModelRequest, prompt: string): boolean =>
  tools.length === 0 && prompt.startsWith("Asked: ");

function reply(request: ModelRequest, whole: string, toolCalls: readonly ModelToolCall[]): ModelReply {
  const { messages, tools, maxOutputTokens = Number.POSITIVE_INFINITY } = request;
  const text = whole.slice(0, maxOutputTokens * charactersPerToken);
  const written = toolCalls.length > 0 ? JSON.stringify(toolCalls) : text;
  return {
    text,
    toolCalls,
    model: "rehearsal",
    usage: {
      promptTokens: toTokens(JSON.stringify([messages, tools]).length),
      completionTokens: toTokens(written.length),
    },
    finishReason: toolCalls.length > 0 ? "tool_calls" : text.length < whole.length ? "length" : "stop",
  };
}

/** The usual estimate for English text; it only has to make budgets and counters move. */
const charactersPerToken = 4;

const toTokens = (characters: number): number => Math.ceil(characters / charactersPerToken);
