import type { RunProgress } from "../conversations/fold.ts";
import { charactersIn, summaryCharacters } from "../runs/context.ts";
import { promptOf } from "../runs/prompt.ts";
import { runId } from "../runs/run.ts";
import { summaryIn, summaryRequest } from "../runs/summary.ts";
import { askModel, retryOrFail } from "./ask-model.ts";
import { leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, eventsOf, type Work } from "./run-work.ts";

/**
 * Lets the model sum up the conversation and writes the summary into the log, where it stands for what came before it
 * in the prompts that follow. Answers how the session ends, or undefined when the run goes on.
 * @param isRefused the model has refused the present prompt as too long
 */
export async function summarise(
  work: Work,
  progress: RunProgress,
  isRefused: boolean,
): Promise<SessionEnd | undefined> {
  const { session } = work;
  const messages = promptOf(eventsOf(work), runId(session.reference));
  const characters = summaryCharacters(session.ports.settings, isRefused ? charactersIn(messages) : Infinity);
  const asked = await askModel(work, progress, { messages: summaryRequest(messages, characters), tools: [] });
  if (asked.kind === "over") return asked.end;
  if (asked.kind === "failed") return retryOrFail(work, asked.failure);
  const { model, usage } = asked.reply;
  const text = summaryIn(asked.reply.text);
  if (text === undefined) return retryOrFail(work, { class: "transient" });
  return (await append(work, [{ type: "summary", text, model, usage }])) ? undefined : leaveToOthers(session);
}
