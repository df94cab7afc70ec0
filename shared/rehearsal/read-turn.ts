import type { ModelMessage } from "../model/model.ts";

/** A tool that was called for a prompt; no result means that the call never got one. */
export interface ToolOutcome {
  readonly name: string;
  readonly result: string | undefined;
  readonly isError: boolean;
}

/** What somebody said and what was called for it. Notes of the engine (a summary, the last report) are said, too. */
export interface Said {
  readonly prompt: string;
  readonly outcomes: readonly ToolOutcome[];
}

export interface Turn extends Said {
  /** What was said before in this conversation, oldest first. */
  readonly earlier: readonly Said[];
}

/** The conversation as a rehearsal sees it: the last prompt, every call made since with what came back, and the past. */
export function readTurn(messages: readonly ModelMessage[]): Turn {
  const starts = messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const said = starts.map((start, index) => readSaid(messages.slice(start, starts[index + 1])));
  return { ...(said.at(-1) ?? { prompt: "", outcomes: [] }), earlier: said.slice(0, -1) };
}

function readSaid([opening, ...since]: readonly ModelMessage[]): Said {
  const results = new Map(since.flatMap((message) => (message.role === "tool" ? [[message.callId, message]] : [])));
  const calls = since.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
  return {
    prompt: opening?.role === "user" ? opening.text : "",
    outcomes: calls.map(({ id, name }) => {
      const result = results.get(id);
      return { name, result: result?.text, isError: result?.isError === true };
    }),
  };
}
