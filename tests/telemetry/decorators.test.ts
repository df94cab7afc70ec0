import { describe, expect, it } from "vitest";
import type { AppEvent, Events } from "../../shared/kernel/events.ts";
import type { Model, ModelAnswer } from "../../shared/model/model.ts";
import type { RunMessage } from "../../shared/runs/run-queue.ts";
import { withCountedEvents } from "../../shared/telemetry/with-counted-events.ts";
import { withLoggedModel, withLoggedTools } from "../../shared/telemetry/with-logged-content.ts";
import { withModelSpans } from "../../shared/telemetry/with-model-spans.ts";
import { withCallSpans, withToolSpans } from "../../shared/telemetry/with-tool-spans.ts";
import { withTraceContext } from "../../shared/telemetry/with-trace-context.ts";
import type { ToolAnswer, Toolbox } from "../../shared/tools/toolbox.ts";
import { createRecordedTelemetry } from "../support/recorded-telemetry.ts";

const { signal } = new AbortController();
const reply = {
  text: "Three tickets. The key is sk-abcdefgh12345678",
  toolCalls: [{ id: "1", name: "list_tickets", arguments: '{"status":"open"}' }],
  model: "gpt-5-mini-2026",
  usage: { promptTokens: 120, completionTokens: 8 },
  finishReason: "tool_calls",
} as const;
const modelThat = (answer: ModelAnswer): Model => ({ complete: async () => answer });
const prompt = { messages: [{ role: "user" as const, text: "Look at Bearer abc.def" }], tools: [], signal };

const toolboxThat = (answer: ToolAnswer): Toolbox => ({
  list: async () => [],
  sources: async () => [],
  call: async () => answer,
});
const toolRequest = { name: "list_tickets", arguments: '{"q":"x"}', owner: "local", idempotencyKey: "k", signal };

function recordedEvents(): Events & { readonly all: AppEvent[] } {
  const all: AppEvent[] = [];
  return { all, record: (event) => void all.push(event) };
}

describe("a call to the model", () => {
  const identity = { provider: "azure.ai.openai", defaultModel: "gpt-5-mini" };

  it("is a span with the names of OpenTelemetry, and two measurements of tokens", async () => {
    const telemetry = createRecordedTelemetry();
    const answer = await withModelSpans(modelThat({ ok: true, reply }), identity, telemetry).complete(prompt);
    expect(answer).toEqual({ ok: true, reply });
    expect(telemetry.spans).toMatchObject([
      {
        name: "model.complete",
        kind: "client",
        attributes: {
          "gen_ai.provider.name": "azure.ai.openai",
          "gen_ai.request.model": "gpt-5-mini",
          "gen_ai.response.model": "gpt-5-mini-2026",
          "gen_ai.response.finish_reasons": ["tool_calls"],
          "gen_ai.usage.input_tokens": 120,
          "gen_ai.usage.output_tokens": 8,
        },
      },
    ]);
    expect(telemetry.measured.map(({ attributes }) => attributes?.["gen_ai.token.type"])).toEqual(["input", "output"]);
    expect(JSON.stringify(telemetry.spans)).not.toMatch(/Three tickets|Look at/);
  });

  it("that fails has the class of the failure, and no tokens", async () => {
    const telemetry = createRecordedTelemetry();
    const model = withModelSpans(modelThat({ ok: false, failure: { class: "throttled" } }), identity, telemetry);
    await model.complete({ ...prompt, model: "another" });
    expect(telemetry.spans).toMatchObject([{ failed: "throttled", attributes: { "gen_ai.request.model": "another" } }]);
    expect(telemetry.measured).toEqual([]);
  });
});

describe("a call of a tool", () => {
  it.each([
    [false, undefined],
    [true, "tool_error"],
  ])("is a span that has failed when the answer is an error: %s", async (isError, failed) => {
    const telemetry = createRecordedTelemetry();
    const answer = { content: "confidential", isError };
    await withToolSpans(toolboxThat(answer), telemetry).call(toolRequest);
    await withCallSpans(async () => answer, telemetry)({ name: "list_tickets", principal: { owner: "local" } });
    const attributes = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "list_tickets" };
    expect(telemetry.spans).toMatchObject([
      { name: "tool.call", attributes },
      { name: "mcp.tool.call", kind: "server", attributes },
    ]);
    expect(telemetry.spans.map((span) => span.failed)).toEqual([failed, failed]);
    expect(JSON.stringify(telemetry.spans)).not.toContain("confidential");
  });
});

describe("a message about a run", () => {
  const message: RunMessage = { v: 1, scheduleId: "s", key: "k" };

  async function sent(first: RunMessage, traceparent: string | undefined): Promise<RunMessage[]> {
    const messages: RunMessage[] = [];
    const queue = { enqueue: async (one: RunMessage) => void messages.push(one) };
    const telemetry = { ...createRecordedTelemetry(), traceparent: () => traceparent };
    await withTraceContext(queue, telemetry).enqueue(first, 0);
    return messages;
  }

  it("carries the trace that it is sent in", async () => {
    expect(await sent(message, "00-a-b-01")).toEqual([{ ...message, traceparent: "00-a-b-01" }]);
  });

  it("keeps its own when it is put back, and does without when there is none", async () => {
    const own = { ...message, traceparent: "00-c-d-01" };
    expect(await sent(own, "00-a-b-01")).toEqual([own]);
    expect(await sent(message, undefined)).toEqual([message]);
  });
});

describe("what the app tells its operator", () => {
  it("is counted: ends of runs, missed slots, and every warning and error", () => {
    const [telemetry, events] = [createRecordedTelemetry(), recordedEvents()];
    const counted = withCountedEvents(events, telemetry);
    const told: AppEvent[] = [
      { level: "info", name: "run.finished", message: "", fields: { outcome: "succeeded", kind: "planned", run: "r" } },
      { level: "warning", name: "slot.missed", message: "" },
      { level: "error", name: "tick.failed", message: "" },
      { level: "debug", name: "anything", message: "" },
    ];
    for (const event of told) counted.record(event);
    expect(events.all).toEqual(told);
    expect(telemetry.counted).toEqual([
      { metric: "run.ended", value: 1, attributes: { outcome: "succeeded", kind: "planned" } },
      { metric: "log.warnings", value: 1, attributes: { level: "warning", logger: "slot.missed" } },
      { metric: "run.ended", value: 1, attributes: { outcome: "missed", kind: "planned" } },
      { metric: "log.warnings", value: 1, attributes: { level: "error", logger: "tick.failed" } },
    ]);
  });
});

describe("what is said in conversations", () => {
  it("is told in lines of level debug, without secrets, and passed on as it is", async () => {
    const events = recordedEvents();
    await withLoggedModel(modelThat({ ok: true, reply }), events).complete(prompt);
    const answer = await withLoggedTools(toolboxThat({ content: "api_key=abc", isError: false }), events).call(
      toolRequest,
    );
    expect(answer.content).toBe("api_key=abc");
    expect(events.all.map(({ level, name, fields }) => [level, name, fields?.text])).toEqual([
      ["debug", "content.prompt", "Look at [secret]"],
      ["debug", "content.answer", "Three tickets. The key is [secret]"],
      ["debug", "content.tool_call", '{"q":"x"}'],
      ["debug", "content.tool_answer", "api_key=[secret]"],
    ]);
  });
});
