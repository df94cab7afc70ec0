import { expect, it } from "vitest";
import { createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { createTargets } from "../../shared/resilience/targets.ts";
import { createNotifier } from "../../shared/webhooks/notifier.ts";
import { ask } from "../openai/recording.ts";
import { createClient, isCall, slotOf } from "../scheduler/scheduler-client.ts";
import { startOpenAiFaults } from "../support/openai-faults.ts";
import { startReceiver } from "../support/receiver.ts";
import { createRecordedTelemetry } from "../support/recorded-telemetry.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { createToolClient, webServer } from "../support/tool-client.ts";
import { startToolServer, text } from "../support/tool-server.ts";

// What leaves the app says which trace it belongs to.

const events = { record: () => undefined };

function observe() {
  const telemetry = createRecordedTelemetry();
  return { telemetry, targets: createTargets({ events, telemetry, random: () => 0 }) };
}

it("a call of the model", async () => {
  const server = await startOpenAiFaults();
  const { telemetry, targets } = observe();
  const client = createOpenAiCompatibleClient({ baseUrl: server.url });
  await createOpenAiModel({ client, defaultModel: "m", events, targets }).complete(ask("hello"));
  expect(server.seen[0]?.headers.traceparent).toBe(telemetry.present);
  expect(telemetry.spans[0]).toMatchObject({ name: "model.request", kind: "client" });
  await server.close();
});

it("a call of the Scheduler, through its own tools and over MCP", async () => {
  for (const start of [startScheduler, startMcpScheduler]) {
    await using scheduler = await start();
    const { telemetry, targets } = observe();
    await using client = createClient(scheduler, { targets });
    await client.alarm.arm(slotOf("daily"));
    const call = scheduler.requests.find(isCall);
    expect(JSON.stringify([call?.body, call?.headers])).toContain(telemetry.present);
    expect(telemetry.spans.map(({ name }) => name)).toEqual(["scheduler.request"]);
  }
});

it("a call of a tool of an MCP server, which is left alone after a failure without a call", async () => {
  let seen: unknown;
  await using server = await startToolServer([
    {
      name: "look",
      answer: (_input, { meta }) => {
        seen = meta.traceparent;
        return text("seen");
      },
    },
  ]);
  const { telemetry, targets } = observe();
  await using client = createToolClient([webServer(server.url)], { targets });
  await client.call("web__look");
  expect(seen).toBe(telemetry.present);
  await server[Symbol.asyncDispose]();
  expect(await client.call("web__look")).toMatchObject({ isError: true });
  expect(await client.call("web__look")).toMatchObject({ isError: true });
  expect(telemetry.spans.map(({ name, attributes }) => [name, attributes.operation, attributes.outcome])).toEqual([
    ["mcp_server.web.request", "tools/list", "ok"],
    ["mcp_server.web.request", "tools/call", "ok"],
    ["mcp_server.web.request", "tools/call", "failed"],
    ["mcp_server.web.request", "tools/call", "left_alone"],
  ]);
});

it("a notification", async () => {
  await using receiver = await startReceiver();
  const { telemetry, targets } = observe();
  const notifier = createNotifier({ readSecret: undefined, isLocal: true, events, targets });
  await notifier.deliver({ id: "run_1", url: receiver.url, isOperators: true, sentAt: Date.now(), body: "{}" });
  expect(receiver.received[0]?.headers.get("traceparent")).toBe(telemetry.present);
});
