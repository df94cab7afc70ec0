import type { LoggedEvent } from "../conversations/events.ts";
import type { ModelMessage } from "../model/model.ts";
import { findLastSummary } from "./prompt.ts";

/** Four characters of English are about one token. Other languages have more, which the spare quarter below is for. */
const charactersPerToken = 4;

/** Of the model's context: the rest is for the answer, the tools' schemas and what the estimate misses. */
const promptShare = 0.75;

/** Of a run's tokens: so much may go into its first prompt, or a conversation that grows would eat up every run. */
const openingShare = 0.25;

export interface PromptLimits {
  /** Context window of the model, in tokens. */
  readonly contextTokens: number;
  readonly maxTokensPerRun: number;
}

/**
 * Whether the conversation should be summed up before the next call to the model. What has been said since the newest
 * summary is looked at; without an answer in it there is nothing that a summary could shorten.
 * @param messages the next prompt
 * @param turns answers that the run has had
 */
export function isPromptLong(
  events: readonly LoggedEvent[],
  messages: readonly ModelMessage[],
  turns: number,
  { contextTokens, maxTokensPerRun }: PromptLimits,
): boolean {
  const inContext = contextTokens * promptShare;
  const limit = turns === 0 ? Math.min(inContext, maxTokensPerRun * openingShare) : inContext;
  return canBeSummedUp(messages) && estimateTokens(events, messages) > limit;
}

export const canBeSummedUp = (messages: readonly ModelMessage[]): boolean =>
  messages.some(({ role }) => role === "assistant");

/**
 * Characters of the conversation that a request for a summary may hold: half of what a prompt may have, and half of
 * the prompt that the model refused.
 */
export const summaryCharacters = ({ contextTokens }: Pick<PromptLimits, "contextTokens">, refused = Infinity): number =>
  Math.floor(Math.min(contextTokens * promptShare * charactersPerToken, refused) / 2);

export const charactersIn = (messages: readonly ModelMessage[]): number =>
  messages.reduce((sum, message) => sum + message.text.length + callCharacters(message), 0);

/** By what the provider counted for the last prompt and its answer, and by characters for what came after it. */
function estimateTokens(events: readonly LoggedEvent[], messages: readonly ModelMessage[]): number {
  const since = events.slice(findLastSummary(events) + 1);
  const last = since.findLastIndex((event) => event.type === "assistant" && event.usage.promptTokens > 0);
  const counted = since[last];
  if (counted?.type !== "assistant") return charactersIn(messages) / charactersPerToken;
  const added = since.slice(last + 1).reduce((sum, event) => sum + addedCharacters(event), 0);
  return counted.usage.promptTokens + counted.usage.completionTokens + added / charactersPerToken;
}

function addedCharacters(event: LoggedEvent): number {
  if (event.type === "user") return event.text.length;
  return event.type === "tool_result" ? event.content.length : 0;
}

const callCharacters = (message: ModelMessage): number =>
  message.role === "assistant"
    ? message.toolCalls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0)
    : 0;
