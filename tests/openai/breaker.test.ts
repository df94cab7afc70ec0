import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { type Fault, startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents } from "./recording.ts";

let server: Awaited<ReturnType<typeof startOpenAiFaults>>;
beforeAll(async () => {
  server = await startOpenAiFaults();
});
afterAll(() => server.close());
beforeEach(() => {
  server.seen.length = 0;
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => void vi.useRealTimers());

function connect(client = createOpenAiCompatibleClient({ baseUrl: server.url })) {
  const events = createRecordedEvents();
  const targets = createQuietTargets(events);
  const model = createOpenAiModel({ client, defaultModel: "m", events, targets });
  const callTimes = async (times: number) => {
    for (let count = 0; count < times; count++) await model.complete(ask("hello"));
  };
  const health = () => targets.all()[0]?.health();
  return { model, callTimes, health, names: () => events.recorded.map(({ name }) => name) };
}

it("a provider that fails five times in a row is left alone, and a run is told when to come again", async () => {
  const { model, callTimes, health, names } = connect();
  server.answerWith({ status: 503 });
  await callTimes(5);
  vi.setSystemTime(Date.now() + 10_000);
  expect(await model.complete(ask("hello"))).toEqual({
    ok: false,
    failure: { class: "transient", retryAfterMs: 20_000 },
  });
  expect(server.seen).toHaveLength(5);
  expect(names().toSorted()).toEqual(
    [...Array.from({ length: 5 }, () => "model.call_failed"), "target.left_alone"].toSorted(),
  );
  expect(health()).toEqual({ state: "degraded", breaker: "open", error: "SERVICE_ERROR" });

  vi.setSystemTime(Date.now() + 20_000);
  server.answerWith({ status: 200, body: { choices: [{ message: { content: "Here again." } }] } });
  expect(await model.complete(ask("hello"))).toMatchObject({ ok: true });
  expect(health()).toEqual({ state: "ok", breaker: "closed" });
  expect(names().at(-1)).toBe("target.back");
});

const filtered: Fault = { status: 400, body: { error: { code: "content_filter" } } };
const tooLong: Fault = { status: 400, body: { error: { code: "context_length_exceeded" } } };
const spent: Fault = { status: 429, body: { error: { code: "insufficient_quota" } } };

it.each([
  ["the content filter", filtered, { state: "ok" }],
  ["a prompt that is too long", tooLong, { state: "ok" }],
  ["a request that it refuses", { status: 400, body: {} }, { state: "ok" }],
  ["a refused sign-in", { status: 401, body: {} }, { state: "degraded", error: "AUTHENTICATION_ERROR" }],
  ["an account without money", spent, { state: "degraded", error: "SERVICE_ERROR" }],
] as const)("a provider is not left alone for %s", async (_what, fault, expected) => {
  const { callTimes, health } = connect();
  server.answerWith(fault);
  await callTimes(10);
  expect(server.seen).toHaveLength(10);
  expect(health()).toMatchObject({ ...expected, breaker: "closed" });
});

it("a provider is not left alone for an identity that gives no token", async () => {
  const tokenProvider = () => Promise.reject(new Error("the identity endpoint is down"));
  const { callTimes, health } = connect(createAzureOpenAiClient({ endpoint: server.url, tokenProvider }));
  await callTimes(10);
  expect(health()).toEqual({ state: "degraded", breaker: "closed", error: "AUTHENTICATION_ERROR" });
});
