import type { ModelMessage, ModelReply, ModelRequest, ModelTool } from "../../shared/model/model.ts";
import { createRehearsalModel } from "../../shared/rehearsal/rehearsal-model.ts";

export const listTickets: ModelTool = {
  name: "list_tickets",
  description: "Lists tickets.",
  parameters: { type: "object", properties: { status: { type: "string", enum: ["open", "closed"] } } },
};
const listUsers: ModelTool = {
  name: "list_users",
  description: "Lists users.",
  parameters: { type: "object", properties: {} },
};

export const writeFile: ModelTool = {
  name: "files__write_file",
  description: "Writes a file.",
  parameters: {
    type: "object",
    properties: { path: { type: "string" }, content: { type: "string" } },
    required: ["path", "content"],
  },
};
export const nothingToReport: ModelTool = {
  name: "nothing_to_report",
  description: "Ends the run quietly.",
  parameters: { type: "object", properties: { reason: { type: "string" } }, required: ["reason"] },
};

export const user = (text: string): ModelMessage => ({ role: "user", text });
export const system: ModelMessage = { role: "system", text: "Your tools: list_tickets." };

export async function rehearse(
  messages: readonly ModelMessage[],
  tools: readonly ModelTool[] = [listTickets, listUsers],
): Promise<ModelReply> {
  const request: ModelRequest = { messages, tools, signal: new AbortController().signal };
  const answer = await createRehearsalModel().complete(request);
  if (!answer.ok) throw new Error("a rehearsal never fails");
  return answer.reply;
}

/** Plays one turn, in which every call gets `result`, and the next. */
export async function play(
  messages: readonly ModelMessage[],
  result: string,
  tools?: readonly ModelTool[],
  isError = false,
) {
  const first = await rehearse(messages, tools);
  const history = [...messages, ...exchange(first, result, isError)];
  return { first, history, last: await rehearse(history, tools) };
}

export const exchange = ({ text, toolCalls }: ModelReply, result: string, isError = false): ModelMessage[] => [
  { role: "assistant", text, toolCalls },
  ...toolCalls.map(({ id }): ModelMessage => ({ role: "tool", callId: id, text: result, isError })),
];

/** The conversation after a message that was answered. */
export async function talk(messages: readonly ModelMessage[], result: string): Promise<readonly ModelMessage[]> {
  const { history, last } = await play(messages, result);
  return [...history, ...exchange(last, result)];
}

export const callsOf = ({ toolCalls }: ModelReply) =>
  toolCalls.map(({ name, arguments: text }) => [name, JSON.parse(text)]);
