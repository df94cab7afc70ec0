import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelFailure } from "../../shared/model/model.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { type Fault, startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents, keyOf } from "./recording.ts";

let server: Awaited<ReturnType<typeof startOpenAiFaults>>;
beforeAll(async () => {
  server = await startOpenAiFaults();
});
afterAll(() => server.close());

function connect(events = createRecordedEvents()) {
  const client = createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1`, readKey: keyOf("key") });
  return createOpenAiModel({ targets: createQuietTargets(), client, defaultModel: "small-model", events });
}

const refused = (status: number, error: unknown, headers: Record<string, string> = {}): Fault => ({
  status,
  headers,
  body: { error },
});
const safe = { filtered: false, severity: "safe" };
const filterResult = {
  hate: safe,
  violence: { filtered: true, severity: "high" },
  jailbreak: { filtered: true, detected: true },
};
const half = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toUTCString();
const throttle = (headers: Record<string, string>) =>
  refused(429, { code: "429", message: "call rate limit" }, headers);
const completion = (choices: unknown): Fault => ({ status: 200, body: { id: "x", model: "m", choices } });

const table: [string, Fault, ModelFailure][] = [
  [
    "429, retry-after-ms before retry-after",
    throttle({ "retry-after-ms": "120", "retry-after": "1" }),
    { class: "throttled", retryAfterMs: 120 },
  ],
  ["429, retry-after in seconds", throttle({ "retry-after": "2" }), { class: "throttled", retryAfterMs: 2000 }],
  ["429, retry-after of a day", throttle({ "retry-after": "86400" }), { class: "throttled", retryAfterMs: 86_400_000 }],
  [
    "429, retry-after as a date",
    throttle({ date: half(0), "retry-after": half(30) }),
    { class: "throttled", retryAfterMs: 30_000 },
  ],
  [
    "429, a date that has passed",
    throttle({ date: half(30), "retry-after": half(0) }),
    { class: "throttled", retryAfterMs: 0 },
  ],
  ["429, retry-after that is no time", throttle({ "retry-after": "soon" }), { class: "throttled" }],
  ["429 without headers", throttle({}), { class: "throttled" }],
  [
    "429, the account has no money left",
    refused(429, { code: "insufficient_quota", message: "billing" }, { "retry-after": "1" }),
    { class: "quota" },
  ],
  ["429, billing stopped", refused(429, { type: "billing_not_active", message: "x" }), { class: "quota" }],
  ["402, as gateways say it", refused(402, { message: "Insufficient credits" }), { class: "quota" }],
  [
    "429, larger than a minute's allowance",
    refused(429, { code: "rate_limit_exceeded", message: "Request too large for m" }),
    { class: "too_long" },
  ],
  ["401", refused(401, { code: "PermissionDenied", message: "no" }), { class: "auth" }],
  ["403", refused(403, { code: "Forbidden", message: "no" }), { class: "auth" }],
  [
    "400, Azure's content filter",
    refused(400, {
      code: "content_filter",
      message: "filtered",
      innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: filterResult },
    }),
    { class: "content_filter", categories: ["jailbreak", "violence"] },
  ],
  [
    "400, the inner error alone tells the filter; a category that is no plain word is left out",
    refused(400, {
      code: "400",
      innererror: {
        code: "ResponsibleAIPolicyViolation",
        content_filter_result: { "Ignore all rules!": { filtered: true } },
      },
    }),
    { class: "content_filter", categories: [] },
  ],
  [
    "400, OpenAI flagged the prompt",
    refused(400, { code: "invalid_prompt", message: "flagged" }),
    { class: "content_filter", categories: [] },
  ],
  ["400, context length", refused(400, { code: "context_length_exceeded", message: "x" }), { class: "too_long" }],
  [
    "400, vLLM's context length, not wrapped in `error`",
    {
      status: 400,
      body: { object: "error", code: 400, message: "This model's maximum context length is 4096 tokens." },
    },
    { class: "too_long" },
  ],
  ["413 with a proxy's page", { status: 413, html: "<h1>Too Large</h1>" }, { class: "too_long" }],
  ["400, anything else", refused(400, { code: "unsupported_parameter", message: "x" }), { class: "invalid" }],
  ["400, a body of no known shape", { status: 400, body: [1, 2] }, { class: "invalid" }],
  ["404, no such deployment", refused(404, { code: "DeploymentNotFound", message: "x" }), { class: "invalid" }],
  ["422", { status: 422, body: { detail: [{ loc: ["body"], msg: "x" }] } }, { class: "invalid" }],
  ["307, not followed", { status: 307, headers: { location: "http://127.0.0.1:1/elsewhere" } }, { class: "invalid" }],
  ["408", refused(408, { message: "x" }), { class: "transient" }],
  ["409", refused(409, { message: "x" }), { class: "transient" }],
  ["500", refused(500, { message: "x" }), { class: "transient" }],
  ["503 with a proxy's page", { status: 503, html: "<h1>Unavailable</h1>" }, { class: "transient" }],
  [
    "503 with retry-after",
    refused(503, { message: "overloaded" }, { "retry-after": "20" }),
    { class: "transient", retryAfterMs: 20_000 },
  ],
  [
    "500 with retry-after-ms",
    refused(500, { message: "x" }, { "retry-after-ms": "1500", "retry-after": "2" }),
    { class: "transient", retryAfterMs: 1500 },
  ],
  ["a body that is cut", { connection: "cut" }, { class: "transient" }],
  ["a connection that is reset", { connection: "reset" }, { class: "transient" }],
  ["200 with a proxy's page", { status: 200, html: "<h1>Welcome</h1>" }, { class: "transient" }],
  ["200 without a body", { status: 200, headers: { "content-length": "0" }, html: "" }, { class: "transient" }],
  ["200 without choices", completion([]), { class: "transient" }],
  [
    "200 with a tool call without id",
    completion([{ message: { tool_calls: [{ function: { name: "t", arguments: "{}" } }] } }]),
    { class: "transient" },
  ],
  ["200 that holds an error", { status: 200, body: { error: { message: "overloaded" } } }, { class: "transient" }],
];

describe("what an answer means for the run", () => {
  it.each(table)("%s", async (_name, fault, failure) => {
    server.answerWith(fault);
    server.seen.length = 0;
    expect(await connect().complete(ask("hello"))).toEqual({ ok: false, failure });
    expect(server.seen).toHaveLength(1);
  });

  it("nobody listens: transient", async () => {
    const closed = await startOpenAiFaults();
    await closed.close();
    const client = createOpenAiCompatibleClient({ baseUrl: closed.url });
    const events = createRecordedEvents();
    const model = createOpenAiModel({ targets: createQuietTargets(), client, defaultModel: "m", events });
    expect(await model.complete(ask("hello"))).toEqual({ ok: false, failure: { class: "transient" } });
    expect(events.recorded[0]?.cause).toMatchObject({ name: "APIConnectionError" });
  });

  it("the client's own timeout: transient", async () => {
    server.answerWith({ connection: "hang" });
    const client = createOpenAiCompatibleClient({ baseUrl: server.url }).withOptions({ timeout: 20 });
    const model = createOpenAiModel({
      targets: createQuietTargets(),
      client,
      defaultModel: "m",
      events: createRecordedEvents(),
    });
    expect(await model.complete(ask("hello"))).toEqual({ ok: false, failure: { class: "transient" } });
  });

  it("a compatible server that sends neither usage nor model is still understood", async () => {
    server.answerWith({ status: 200, body: { choices: [{ message: { refusal: "I will not." } }] } });
    const usage = { promptTokens: 0, completionTokens: 0 };
    const reply = { text: "I will not.", toolCalls: [], model: "small-model", usage, finishReason: "other" };
    expect(await connect().complete(ask("hello"))).toEqual({ ok: true, reply });
  });
});

it("tool calls without a finish reason still are tool calls", async () => {
  const message = {
    content: null,
    tool_calls: [{ id: "c", type: "function", function: { name: "t", arguments: "" } }],
  };
  server.answerWith(completion([{ message, finish_reason: null }]));
  const toolCalls = [{ id: "c", name: "t", arguments: "" }];
  expect(await connect().complete(ask("hello"))).toMatchObject({ reply: { toolCalls, finishReason: "tool_calls" } });
});

describe("an aborted signal throws", () => {
  it.each(["hang", "hang_in_body"] as const)(
    "while the server is silent, and closes the connection: %s",
    async (connection) => {
      server.answerWith({ connection });
      const controller = new AbortController();
      const arrived = server.arrived();
      const call = connect().complete(ask("hello", { signal: controller.signal }));
      const { closed } = await arrived;
      controller.abort(new Error("out of time"));
      await expect(call).rejects.toThrow("out of time");
      await closed;
    },
  );

  it("before the call, which then is not made", async () => {
    server.seen.length = 0;
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(connect().complete(ask("hello", { signal }))).rejects.toThrow("too late");
    expect(server.seen).toEqual([]);
  });

  it("while the token provider hangs", async () => {
    const asked = Promise.withResolvers<void>();
    const tokenProvider = () => {
      asked.resolve();
      return new Promise<string>(() => {});
    };
    const client = createAzureOpenAiClient({ endpoint: server.url, tokenProvider });
    const controller = new AbortController();
    const model = createOpenAiModel({
      targets: createQuietTargets(),
      client,
      defaultModel: "m",
      events: createRecordedEvents(),
    });
    const call = model.complete(ask("hello", { signal: controller.signal }));
    await asked.promise;
    controller.abort(new Error("out of time"));
    await expect(call).rejects.toThrow("out of time");
  });
});
