import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Model, ModelMessage, ModelTool } from "../../shared/model/model.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents } from "./recording.ts";

const server = new LLMock({ port: 0, host: "127.0.0.1" });
const events = createRecordedEvents();
const tokenProvider = async () => "header.payload.signature";

const clients = {
  "Azure OpenAI, v1": () => createAzureOpenAiClient({ endpoint: server.url, tokenProvider }),
  "Azure OpenAI, dated": () =>
    createAzureOpenAiClient({ endpoint: server.url, apiVersion: "2024-10-21", tokenProvider }),
  "OpenAI compatible": () => createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1` }),
};

const connect = (client = clients["OpenAI compatible"]()): Model =>
  createOpenAiModel({ targets: createQuietTargets(), client, defaultModel: "small-model", events });

const weather: ModelTool = {
  name: "get_weather",
  description: "Weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

beforeAll(async () => {
  server.on(
    { userMessage: "weather", hasToolResult: false },
    {
      toolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"city":"Lisbon"}' }],
      usage: { prompt_tokens: 21, completion_tokens: 5 },
    },
  );
  server.on({ userMessage: "weather", hasToolResult: true }, { content: "Sunny.", model: "small-model-2026" });
  server.on(
    { userMessage: "broken arguments" },
    { toolCalls: [{ id: "c", name: "get_weather", arguments: '{"city":' }] },
  );
  server.on({ userMessage: "long" }, { content: "cut sho", finishReason: "length" });
  server.on({ userMessage: "rude" }, { content: "I", finishReason: "content_filter" });
  server.on({ userMessage: "odd" }, { content: "?", finishReason: "recitation" });
  server.on(
    { userMessage: "mislabelled" },
    {
      toolCalls: [{ id: "c", name: "get_weather", arguments: "{}" }],
      finishReason: "stop",
    },
  );
  server.on(
    { userMessage: "busy" },
    { error: { message: "Slow down", code: "rate_limit_exceeded" }, status: 429, retryAfter: 7 },
  );
  server.on({ userMessage: "down" }, { error: { message: "upstream stack trace" }, status: 503 });
  server.on({ userMessage: "stranger" }, { error: { message: "who are you", code: "invalid_api_key" }, status: 401 });
  server.on({ userMessage: "garbled" }, { content: "x" }, { chaos: { malformedRate: 1 } });
  server.on({ userMessage: "dropped" }, { content: "x" }, { chaos: { disconnectRate: 1 } });
  server.on({ userMessage: "slow" }, { content: "late" }, { latency: 20_000 });
  await server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  events.recorded.length = 0;
  server.clearRequests();
});

describe.each(Object.entries(clients))("%s", (_name, client) => {
  it("calls a tool and answers with its result", async () => {
    const model = connect(client());
    const question: ModelMessage[] = [
      { role: "system", text: "Be short." },
      { role: "user", text: "What is the weather?" },
    ];
    const first = await model.complete(ask("", { messages: question, tools: [weather] }));
    const toolCalls = [{ id: "call_1", name: "get_weather", arguments: '{"city":"Lisbon"}' }];
    expect(first).toMatchObject({ ok: true, reply: { text: "", toolCalls, finishReason: "tool_calls" } });
    expect(first).toMatchObject({ reply: { usage: { promptTokens: 21, completionTokens: 5 }, model: "small-model" } });

    const messages: ModelMessage[] = [
      ...question,
      { role: "assistant", text: "", toolCalls },
      { role: "tool", callId: "call_1", text: "sunny, 24 °C", isError: false },
    ];
    const second = await model.complete(ask("", { messages, tools: [weather] }));
    expect(second).toMatchObject({
      ok: true,
      reply: { text: "Sunny.", toolCalls: [], finishReason: "stop", model: "small-model-2026" },
    });
    expect(server.getLastRequest()?.body).toMatchObject({
      messages: [
        { role: "system", content: "Be short." },
        { role: "user", content: "What is the weather?" },
        { role: "assistant", content: null, tool_calls: [{ id: "call_1", function: { name: "get_weather" } }] },
        { role: "tool", tool_call_id: "call_1", content: "sunny, 24 °C" },
      ],
      tools: [{ type: "function", function: { name: "get_weather", parameters: weather.parameters } }],
      tool_choice: "auto",
    });
    expect(events.recorded).toEqual([]);
  });
});

describe("replies", () => {
  it.each([
    ["long", "length"],
    ["rude", "content_filter"],
    ["odd", "other"],
    ["mislabelled", "tool_calls"],
  ])("%s: finish reason %s", async (text, finishReason) => {
    expect(await connect().complete(ask(text))).toMatchObject({ ok: true, reply: { finishReason } });
  });

  it("passes tool arguments through that are no JSON", async () => {
    const toolCalls = [{ id: "c", name: "get_weather", arguments: '{"city":' }];
    expect(await connect().complete(ask("broken arguments"))).toMatchObject({ ok: true, reply: { toolCalls } });
  });
});

describe("requests", () => {
  it.each([
    ["words that read like a result", "No such desk.", "Error: No such desk."],
    ["the error envelope", '{"error":"TIMEOUT_ERROR"}', 'Error: {"error":"TIMEOUT_ERROR"}'],
  ])("say in front of a tool's result that it is an error: %s", async (_name, text, content) => {
    const toolCalls = [{ id: "call_1", name: "get_weather", arguments: "{}" }];
    const messages: ModelMessage[] = [
      { role: "user", text: "What is the weather?" },
      { role: "assistant", text: "", toolCalls },
      { role: "tool", callId: "call_1", text, isError: true },
    ];
    await connect().complete(ask("", { messages }));
    expect(server.getLastRequest()?.body).toMatchObject({ messages: [{}, {}, { role: "tool", content }] });
  });

  const sent = () => server.getLastRequest()?.body;

  it("leaves tools and limits out when there are none", async () => {
    await connect().complete(ask("long"));
    expect(
      Object.keys(sent() ?? {})
        .filter((key) => !key.startsWith("_"))
        .sort(),
    ).toEqual(["messages", "model"]);
  });

  it("prefers the request's model and limits the answer's tokens", async () => {
    await connect().complete(ask("long", { model: "large-model", maxOutputTokens: 50 }));
    expect(sent()).toMatchObject({ model: "large-model", max_completion_tokens: 50 });
    expect(sent()).not.toHaveProperty("max_tokens");
  });

  it("limits the answer's tokens under the old name where a server knows no other", async () => {
    const client = clients["OpenAI compatible"]();
    const model = createOpenAiModel({
      targets: createQuietTargets(),
      client,
      defaultModel: "llama",
      events,
      outputLimitField: "max_tokens",
    });
    await model.complete(ask("long", { maxOutputTokens: 50 }));
    expect(sent()).toMatchObject({ max_tokens: 50 });
    expect(sent()).not.toHaveProperty("max_completion_tokens");
  });
});

describe("failures", () => {
  it.each([
    ["busy", { class: "throttled", retryAfterMs: 7000 }],
    ["down", { class: "transient" }],
    ["stranger", { class: "auth" }],
    ["garbled", { class: "transient" }],
    ["dropped", { class: "transient" }],
  ])("%s: one call, no retries", async (text, failure) => {
    expect(await connect().complete(ask(text))).toEqual({ ok: false, failure });
    expect(server.getRequests()).toHaveLength(1);
    expect(events.recorded).toMatchObject([{ level: "warning", name: "model.call_failed", fields: failure }]);
  });

  it("throws the signal's reason when a slow call is aborted", async () => {
    const controller = new AbortController();
    const call = connect().complete(ask("slow", { signal: controller.signal }));
    controller.abort(new Error("out of time"));
    await expect(call).rejects.toThrow("out of time");
    expect(events.recorded).toEqual([]);
  });
});
