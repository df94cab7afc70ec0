import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { connectModern, finishedRun, inSeconds, scheduleOnce, transcriptOf } from "../support/mcp-session.ts";
import { localSettings } from "./local-settings.ts";

// An OpenAI-compatible server that is not ours drives the run: what we believe about the protocol meets somebody else's.
const mock = new LLMock({ port: 0, host: "127.0.0.1" });
let host: HostProcess;

beforeAll(async () => {
  mock.addFixture({
    match: { userMessage: "critical tickets", hasToolResult: false },
    response: { toolCalls: [{ id: "call_1", name: "get_knowledge_base", arguments: '{"query":"critical"}' }] },
  });
  mock.addFixture({
    match: { userMessage: "critical tickets", hasToolResult: true },
    response: { content: "Critical tickets are answered within one hour." },
  });
  await mock.start();
  const settings = {
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: `${mock.url}/v1`,
    OPENAI_API_KEY: "test-key-of-the-stand-in",
    OPENAI_MODEL: "gpt-5-mini",
    // Nobody is there: the app works without it.
    BACKEND_API_URL: "http://127.0.0.1:9",
  };
  host = await startHostProcess(inject("packagedApp"), localSettings(settings));
});
afterAll(async () => {
  await host.signal("SIGTERM");
  await mock.stop();
});

it("runs a conversation with a tool call through the openai adapter", async () => {
  const session = await connectModern(host.url);
  const scheduleId = await scheduleOnce(session, "Tell me about critical tickets", inSeconds(2));
  const run = await finishedRun(session, scheduleId);
  expect(run).toMatchObject({
    outcome: "succeeded",
    answer: "Critical tickets are answered within one hour.",
    turns: 2,
    tool_calls: 1,
  });
  const events = await transcriptOf(session, run);
  expect(events.find(({ type }) => type === "tool_result")?.text).toContain("What counts as a critical ticket?");
  await session.close();

  const requests = mock.getRequests();
  expect(requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/chat/completions"]);
  // The key goes to the model's server (which hides it in what it shows) and nowhere else.
  expect(requests[0]?.headers.authorization).toBeDefined();
  expect(host.lines.join("\n")).not.toContain("test-key-of-the-stand-in");
});

it("is ready with a model that answers and a backend that does not, and tells nobody where they are", async () => {
  const answer = await fetch(`${host.url}/health/ready`);
  expect(answer.status).toBe(200);
  const said = await answer.text();
  expect(JSON.parse(said)).toMatchObject({
    status: "ready",
    dependencies: {
      storage: { status: "ok", latency_ms: expect.any(Number) },
      model: { status: "ok", breaker: "closed" },
      backend: { status: "degraded", error: "SERVICE_ERROR", latency_ms: expect.any(Number) },
    },
  });
  expect(said).not.toMatch(/127\.0\.0\.1|gpt-5-mini/);
});
