import { describe, expect, it } from "vitest";
import type { ModelMessage, ModelReply, ModelRequest, ModelTool } from "../../shared/model/model.ts";
import { createRehearsalModel } from "../../shared/rehearsal/rehearsal-model.ts";

const listTickets: ModelTool = {
  name: "list_tickets",
  description: "Lists tickets.",
  parameters: { type: "object", properties: { status: { type: "string", enum: ["open", "closed"] } } },
};
const listUsers: ModelTool = {
  name: "list_users",
  description: "Lists users.",
  parameters: { type: "object", properties: {} },
};

const user = (text: string): ModelMessage => ({ role: "user", text });
const system: ModelMessage = { role: "system", text: "Your tools: list_tickets." };

async function rehearse(
  messages: readonly ModelMessage[],
  tools: readonly ModelTool[] = [listTickets, listUsers],
): Promise<ModelReply> {
  const request: ModelRequest = { messages, tools, signal: new AbortController().signal };
  const answer = await createRehearsalModel().complete(request);
  if (!answer.ok) throw new Error("a rehearsal never fails");
  return answer.reply;
}

/** Plays a whole turn: every call gets `result`, until the model answers. */
async function play(messages: readonly ModelMessage[], result: string) {
  const first = await rehearse(messages);
  const asked: ModelMessage = { role: "assistant", text: first.text, toolCalls: first.toolCalls };
  const results = first.toolCalls.map(({ id }): ModelMessage => ({ role: "tool", callId: id, text: result }));
  const history = [...messages, asked, ...results];
  return { first, history, last: await rehearse(history) };
}

describe("a rehearsal", () => {
  it("calls the fitting tool, then answers with what it returned", async () => {
    const { first, last } = await play([system, user("List open tickets")], '{"total":\n 2}');
    expect(first).toMatchObject({
      text: "",
      toolCalls: [{ id: "rehearsal-2-0", name: "list_tickets", arguments: '{"status":"open"}' }],
      finishReason: "tool_calls",
      model: "rehearsal",
    });
    expect(last.toolCalls).toEqual([]);
    expect(last.finishReason).toBe("stop");
    expect(last.text.split("\n")).toEqual([
      "This is a rehearsal answer: no model was called.",
      'The prompt was: "List open tickets".',
      "list_tickets returned: total: 2",
      "Configure a model to get a real answer.",
    ]);
  });

  it("calls two tools at once", async () => {
    const { first, last } = await play([user("Compare tickets and users")], "none");
    expect(first.toolCalls.map(({ id, name }) => [id, name])).toEqual([
      ["rehearsal-1-0", "list_tickets"],
      ["rehearsal-1-1", "list_users"],
    ]);
    expect(last.text).toContain("list_users returned: none");
  });

  it("calls a tool again for the next prompt, under another id", async () => {
    const { history, last } = await play([user("List open tickets")], "none");
    const answered: ModelMessage = { role: "assistant", text: last.text, toolCalls: [] };
    const again = await rehearse([...history, answered, user("List tickets again")]);
    expect(again.toolCalls).toMatchObject([{ id: "rehearsal-5-0", name: "list_tickets" }]);
  });

  it.each([
    ["the error envelope", '{"error":"TIMEOUT_ERROR","message":"too slow"}', "error: TIMEOUT_ERROR; message: too slow"],
    ["words", "Error: too slow", "Error: too slow"],
  ])("says that a tool failed: %s", async (_name, result, words) => {
    const { last } = await play([user("List open tickets")], result);
    expect(last.text).toContain(`list_tickets failed: ${words}`);
  });

  it.each([
    ["x".repeat(500), `list_tickets returned: ${"x".repeat(299)}…`],
    ["", "list_tickets returned nothing."],
    [
      '{"summary":"One.","entries":[{"question":"Why?","answer":"So."}],"next_step":"Go on."}',
      "returned: question: Why?; answer: So.\n",
    ],
  ])("quotes the data, briefly", async (result, expected) => {
    expect((await play([user("List open tickets")], result)).last.text).toContain(expected);
  });

  it("says so when no tool fits, or none is there", async () => {
    expect((await rehearse([user("Say hello")])).text).toContain("No tool fitted the words of the prompt.");
    expect((await rehearse([user("List tickets")], [])).text).toContain("No tool fitted the words of the prompt.");
  });

  it("answers an empty conversation", async () => {
    expect((await rehearse([])).finishReason).toBe("stop");
  });

  it("gives the same reply to the same request", async () => {
    const messages = [system, user("Compare tickets and users")];
    expect(await rehearse(messages)).toEqual(await rehearse(messages));
  });

  it("estimates tokens, more for a longer prompt", async () => {
    const short = (await rehearse([user("Say hello")])).usage;
    const long = (await rehearse([user(`Say hello${" hello".repeat(100)}`)])).usage;
    expect(short.completionTokens).toBeGreaterThan(0);
    expect(long.promptTokens - short.promptTokens).toBe(150);
  });

  it("throws the reason of an aborted signal", async () => {
    const signal = AbortSignal.abort(new Error("out of time"));
    await expect(createRehearsalModel().complete({ messages: [], tools: [], signal })).rejects.toThrow("out of time");
  });
});
