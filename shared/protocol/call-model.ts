import { foldRun, type RunProgress } from "../conversations/fold.ts";
import type { ModelReply } from "../model/model.ts";
import { canBeSummedUp } from "../runs/context.ts";
import { promptOf } from "../runs/prompt.ts";
import { categoriesDetail } from "../runs/retry.ts";
import { runId } from "../runs/run.ts";
import { endOf } from "../runs/run-end.ts";
import { askModel, retryOrFail } from "./ask-model.ts";
import { endEvents } from "./finish-run.ts";
import { leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, eventOf, eventsOf, leftTokens, type NewEvent, type Work } from "./run-work.ts";
import { summarise } from "./summarise.ts";

/** One model call and its record in the log. Answers how the session ends, or undefined when the run goes on. */
export async function callModel(work: Work, progress: RunProgress): Promise<SessionEnd | undefined> {
  const { session } = work;
  const messages = promptOf(eventsOf(work), runId(session.reference));
  const tools = work.tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    parameters: inputSchema,
  }));
  const asked = await askModel(work, progress, { messages, tools });
  if (asked.kind === "over") return asked.end;
  if (asked.kind === "failed") {
    const mayHelp = asked.failure.class === "too_long" && canBeSummedUp(messages);
    return mayHelp ? summarise(work, progress, true) : retryOrFail(work, asked.failure);
  }
  const answer = assistantEvent(asked.reply);
  const written = await append(work, [answer, ...endAfter(work, answer, asked.reply)]);
  return written ? undefined : leaveToOthers(session);
}

/** The last answer and the end of the run are written as one: one call less, and no crash comes between them. */
function endAfter(work: Work, answer: NewEvent, { filtered = [] }: ModelReply): readonly NewEvent[] {
  const { session, tools } = work;
  const progress = foldRun([...eventsOf(work), eventOf(session, answer, 0)], runId(session.reference));
  const end = endOf(progress, { tools, left: leftTokens(work, progress) });
  if (end === undefined) return [];
  return endEvents(end.reason === "content_filter" ? { ...end, ...categoriesDetail(filtered) } : end);
}

const assistantEvent = ({ text, toolCalls, model, usage, finishReason }: ModelReply): NewEvent => ({
  type: "assistant",
  text,
  toolCalls: [...toolCalls],
  model,
  usage,
  // A reply with tool calls goes on with them, whatever reason the provider gives.
  finishReason: toolCalls.length > 0 ? "tool_calls" : finishReason === "tool_calls" ? "stop" : finishReason,
});
