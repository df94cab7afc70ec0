import type { Events } from "../kernel/events.ts";
import type { Model } from "../model/model.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { safeText } from "./log-text.ts";

/** For LOG_CONTENT: what is said to the model and what it answers, as lines of level debug. */
export const withLoggedModel = (model: Model, events: Events): Model => ({
  async complete(request) {
    const last = request.messages.at(-1);
    log(events, "content.prompt", "The newest of what the model is told.", { role: last?.role, text: last?.text });
    const answer = await model.complete(request);
    if (answer.ok) {
      const { text, toolCalls } = answer.reply;
      log(events, "content.answer", "What the model answers.", { text, tool_calls: JSON.stringify(toolCalls) });
    }
    return answer;
  },
});

/** For LOG_CONTENT: what tools are asked and what they answer, as lines of level debug. */
export const withLoggedTools = (toolbox: Toolbox, events: Events): Toolbox => ({
  ...toolbox,
  async call(request) {
    const { name: tool, arguments: text } = request;
    log(events, "content.tool_call", "What a tool is asked.", { tool, text });
    const answer = await toolbox.call(request);
    log(events, "content.tool_answer", "What a tool answers.", { tool, text: answer.content });
    return answer;
  },
});

function log(events: Events, name: string, message: string, texts: Readonly<Record<string, string | undefined>>): void {
  const fields = Object.entries(texts).map(([key, text]) => [key, text && safeText(text)]);
  events.record({ level: "debug", name, message, fields: Object.fromEntries(fields) });
}
