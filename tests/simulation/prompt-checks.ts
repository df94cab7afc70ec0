import type { ModelMessage } from "../../shared/model/model.ts";
import type { ModelCall } from "../support/world-engine.ts";
import type { Tally } from "./tally.ts";

/** What model APIs refuse: a prompt without a system message in front, or with a tool call that has not one result. */
export function checkPrompt({ check }: Tally, { run, request: { messages } }: ModelCall): void {
  const wrong = faultIn(messages);
  check("prompt well formed", wrong === undefined, () => `the prompt of ${run} has ${wrong}`);
}

function faultIn([first, ...messages]: readonly ModelMessage[]): string | undefined {
  if (first?.role !== "system") return `${first?.role} in front`;
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === "system") return "a second system message";
    if (message.role !== "tool") {
      if (open.length > 0) return `no result of ${open}`;
      open = message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [];
    } else {
      const { callId } = message;
      if (!open.includes(callId)) return `a result of ${callId}, which nobody has asked for`;
      open = open.filter((id) => id !== callId);
    }
  }
  const isAsking = messages.at(-1)?.role !== "assistant";
  return open.length > 0 ? `no result of ${open}` : isAsking ? undefined : "an answer at its end";
}
