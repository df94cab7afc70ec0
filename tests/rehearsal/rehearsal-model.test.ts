import { describe, expect, it } from "vitest";
import type { ModelMessage, ModelTool } from "../../shared/model/model.ts";
import { createRehearsalModel } from "../../shared/rehearsal/rehearsal-model.ts";
import {
  callsOf,
  exchange,
  listTickets,
  nothingToReport,
  play,
  rehearse,
  system,
  talk,
  user,
  writeFile,
} from "./play-rehearsal.ts";

describe("a rehearsal that is asked for a schedule", () => {
  const schedule: ModelTool = {
    name: "schedule_conversation",
    description: "Plans a conversation.",
    parameters: { type: "object", properties: { name: { type: "string" } } },
  };
  const asked = user("every weekday at 8:00 in Berlin, list the tickets");

  it("plans it once, and calls nothing else", async () => {
    const { toolCalls } = await rehearse([system, asked], [schedule, listTickets]);
    expect(toolCalls.map(({ name, arguments: words }) => [name, JSON.parse(words)])).toEqual([
      ["schedule_conversation", expect.objectContaining({ cron: "0 8 * * 1-5", time_zone: "Europe/Berlin" })],
    ]);
    const result: ModelMessage = { role: "tool", callId: toolCalls[0]!.id, text: "Scheduled.", isError: false };
    const after = await rehearse(
      [system, asked, { role: "assistant", text: "", toolCalls }, result],
      [schedule, listTickets],
    );
    expect(after.toolCalls).toEqual([]);
    expect(after.text).toContain("Scheduled.");
  });

  it("does what the words say when it cannot plan", async () => {
    const { toolCalls } = await rehearse([system, asked], [listTickets]);
    expect(toolCalls.map(({ name }) => name)).toEqual(["list_tickets"]);
  });
});

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

  it("reads first, then writes what it has read, and says in it that it is a rehearsal", async () => {
    const tools = [writeFile, listTickets];
    const { first, history, last } = await play([user("List the tickets and write them to a.md")], "T-1, T-2", tools);
    expect(callsOf(first)).toEqual([["list_tickets", {}]]);
    const content = "Written by a rehearsal: no model was called.\nlist_tickets returned: T-1, T-2";
    expect(callsOf(last)).toEqual([["files__write_file", { path: "a.md", content }]]);

    const denied = "Not called: the person who was asked for approval has denied this call.";
    const answer = await rehearse([...history, ...exchange(last, denied, true)], tools);
    expect(answer.text).toContain("files__write_file was not called: the person who was asked");
  });

  it("reads one file and writes the other, also in a long prompt", async () => {
    const path = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
    const tools: ModelTool[] = [
      { name: "files__read_text_file", description: "Reads a file.", parameters: path },
      { name: "files__search_files", description: "Searches for files.", parameters: path },
      { name: "files__create_directory", description: "Creates a directory.", parameters: path },
      writeFile,
    ];
    const prompt = "Read the file in.txt, create a directory named out, and write what you find to the file out/a.md";
    const { first, history, last } = await play([user(prompt)], "Two.", tools);
    expect(callsOf(first)).toEqual([["files__read_text_file", { path: "in.txt" }]]);
    expect(callsOf(last)).toEqual([["files__create_directory", { path: "out" }]]);
    const after = [...history, ...exchange(last, "Done.")];
    const content = "Written by a rehearsal: no model was called.\nfiles__read_text_file returned: Two.";
    const written = await rehearse(after, tools);
    expect(callsOf(written)).toEqual([["files__write_file", { path: "out/a.md", content }]]);
    expect((await rehearse([...after, ...exchange(written, "Done.")], tools)).toolCalls).toEqual([]);
  });

  it("searches nowhere when it is to search a knowledge base and write a file", async () => {
    const search = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
    const tools: ModelTool[] = [
      { name: "files__search_files", description: "Searches for files.", parameters: search },
      { name: "get_knowledge_base", description: "Finds answers.", parameters: { properties: { query: {} } } },
      writeFile,
    ];
    const prompt = "Search the knowledge base for on call and write it to oncall.md";
    const { first, last } = await play([user(prompt)], "Ask the desk.", tools);
    expect(callsOf(first)).toEqual([["get_knowledge_base", { query: "on call" }]]);
    expect(callsOf(last)).toEqual([["files__write_file", expect.objectContaining({ path: "oncall.md" })]]);
  });

  it.each([
    ["the error envelope", '{"error":"TIMEOUT_ERROR","message":"too slow"}', "error: TIMEOUT_ERROR; message: too slow"],
    ["words", "No such desk.", "No such desk."],
  ])("says that a tool failed: %s", async (_name, result, words) => {
    const { last } = await play([user("List open tickets")], result, undefined, true);
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

  it("understands a message that refers back, and says what was said before", async () => {
    const history = await talk([system, user("List open tickets")], "T-1");
    const { first, last } = await play([...history, user("And the closed ones?")], "T-2");
    expect(callsOf(first)).toEqual([["list_tickets", { status: "closed" }]]);
    expect(last.text).toContain('Before that was said: "List open tickets", for which I called list_tickets.');
    expect(last.text).toContain("list_tickets returned: T-2");
  });

  it("writes what was found before when a later message asks for that, and does not write again by itself", async () => {
    const history = await talk([user("List open tickets")], "T-1");
    const tools = [listTickets, writeFile];
    const written = await play([...history, user("Write that to a.md")], "ok", tools);
    const content = "Written by a rehearsal: no model was called.\nlist_tickets returned: T-1";
    expect(callsOf(written.first)).toEqual([["files__write_file", { path: "a.md", content }]]);
    const thanks = await rehearse(
      [...written.history, ...exchange(written.last, ""), user("Is that all of them?")],
      tools,
    );
    expect(thanks.toolCalls).toEqual([]);
  });

  it("answers a question about the conversation from memory", async () => {
    const history = await talk([user("List open tickets")], "T-1");
    const answer = await rehearse([...history, user("Which tickets did I ask you about?")]);
    expect(answer.toolCalls).toEqual([]);
    expect(answer.text).toContain('Before that was said: "List open tickets", for which I called list_tickets.');
    expect(answer.text).not.toContain("No tool fitted");
  });

  it.each([
    ['{"tickets":[],"total":0}', "nothing_to_report"],
    ["No tickets.", "nothing_to_report"],
    ['{"tickets":[{"id":"T-1"}]}', undefined],
    ['{"error":"TIMEOUT_ERROR","message":"too slow"}', undefined],
  ])("asked to be quiet about nothing new, the result %s leads to %s", async (result, expected) => {
    const prompt = user("List open tickets; when there is nothing new, stay quiet.");
    const { last } = await play([prompt], result, [listTickets, nothingToReport]);
    expect(last.toolCalls[0]?.name).toBe(expected);
    if (expected !== undefined) expect(last.toolCalls[0]?.arguments).toContain("This is a rehearsal");
    else expect(last.text).toContain("This is a rehearsal answer");
  });

  it("does not take a failure for nothing new, whatever its words", async () => {
    const prompt = user("List open tickets; when there is nothing new, stay quiet.");
    const { last } = await play([prompt], "No such desk.", [listTickets, nothingToReport], true);
    expect(last.text).toContain("list_tickets failed: No such desk.");
  });

  it("ends quietly at once when that is all it is asked for, and only where it can", async () => {
    expect((await rehearse([user("Call nothing_to_report")], [nothingToReport])).toolCalls).toHaveLength(1);
    expect((await rehearse([user("Call nothing_to_report")])).text).toContain("This is a rehearsal answer");
    expect((await rehearse([user("Say hello")], [nothingToReport])).toolCalls).toEqual([]);
  });

  it("looks a question up in a knowledge base when nothing else fits", async () => {
    const knowledge = { name: "get_knowledge_base", description: "", parameters: { properties: { query: {} } } };
    const tools = [listTickets, knowledge];
    const asked = await rehearse([user("How do I reset my password?")], tools);
    expect(callsOf(asked)).toEqual([["get_knowledge_base", { query: "reset password" }]]);
    expect((await rehearse([user("Reset my password.")], tools)).toolCalls).toEqual([]);
  });

  it("sums up what was asked when the engine asks for a summary", async () => {
    const { text } = await rehearse([system, user("Asked: List tickets\n\nAnswered: T-1\n\nAsked: And users?")], []);
    expect(text).toBe(
      'This is a rehearsal summary: no model was called. What was asked: "List tickets"; "And users?".',
    );
  });

  it("cuts an answer at the limit that it is given", async () => {
    const request = { messages: [user("Say hello")], tools: [], signal: new AbortController().signal };
    const answer = await createRehearsalModel().complete({ ...request, maxOutputTokens: 5 });
    expect(answer).toMatchObject({
      reply: { text: "This is a rehearsal ", finishReason: "length", usage: { completionTokens: 5 } },
    });
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
