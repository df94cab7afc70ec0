import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { metrics } from "../../shared/telemetry/metrics.ts";
import { post, toolCall } from "../mcp/messages.ts";
import { type ServedBackend, startBackend } from "../support/backend.ts";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { type Ingestion, metricsNamed, startIngestion, type TelemetryItem } from "../support/ingestion.ts";
import { connectModern, finishedRun, inSeconds } from "../support/mcp-session.ts";
import { waitFor } from "../support/wait-for.ts";
import { localSettings } from "./local-settings.ts";

// The packaged app with the real exporter, which sends to a stand-in of this machine. One start for everything: the run
// is done, and the app has ended, before anything is looked at.
const traceId = randomBytes(16).toString("hex");
const callerSpan = "b7ad6b7169203331";
let ingestion: Ingestion;
let backend: ServedBackend;
let output: string;
let lines: readonly Record<string, unknown>[];

beforeAll(async () => {
  [ingestion, backend] = await Promise.all([startIngestion(), startBackend()]);
  const host = await startWith(ingestion, { LOG_LEVEL: "debug", LOG_CONTENT: "true" });
  await runOnce(host);
  expect(await host.signal("SIGTERM")).toBe(0);
  output = host.lines.join("\n");
  lines = host.lines.flatMap(logLine);
});
afterAll(async () => {
  await Promise.all([ingestion[Symbol.asyncDispose](), backend[Symbol.asyncDispose]()]);
});

const startWith = (to: Ingestion, more: Record<string, string>): Promise<HostProcess> =>
  startHostProcess(
    inject("packagedApp"),
    localSettings({
      APPLICATIONINSIGHTS_CONNECTION_STRING: to.connectionString,
      NODE_EXTRA_CA_CERTS: to.certificate.certFile,
      // The SDK's reports on itself would go to addresses in Azure.
      APPLICATION_INSIGHTS_NO_STATSBEAT: "true",
      APPLICATIONINSIGHTS_SDKSTATS_DISABLED: "true",
      BACKEND_API_URL: backend.url,
      ...more,
    }),
  );

async function runOnce({ url }: HostProcess): Promise<void> {
  const input = { name: "Digest", prompt: "List the open critical tickets", run_at: inSeconds(2) };
  const headers = { traceparent: `00-${traceId}-${callerSpan}-01`, "mcp-protocol-version": "2025-11-25" };
  const { json } = await post(new URL("/mcp", url), toolCall("schedule_conversation", input), headers);
  const { structuredContent } = json?.result ?? {};
  const { schedule_id } = structuredContent as { schedule_id: string };
  const session = await connectModern(url);
  const run = await finishedRun(session, schedule_id);
  expect(run).toMatchObject({ outcome: "succeeded", tool_calls: 1 });
  await session.close();
}

/** Lines of the app itself; the host prints others. */
function logLine(line: string): Record<string, unknown>[] {
  const start = line.indexOf('{"timestamp"');
  return start === -1 ? [] : [JSON.parse(line.slice(start))];
}

const nameOf = ({ data }: TelemetryItem): string => data.baseData.name ?? "";
const ofTrace = (): readonly TelemetryItem[] =>
  ingestion.items.filter(({ tags, data }) => tags["ai.operation.id"] === traceId && data.baseType !== "MessageData");
const spanNamed = (name: string): TelemetryItem => {
  const found = ofTrace().find((item) => nameOf(item) === name);
  if (found === undefined) throw new Error(`No span ${name} in ${ofTrace().map(nameOf)}`);
  return found;
};
const parentOf = (name: string): string | undefined => spanNamed(name).tags["ai.operation.parentId"];
const idOf = (name: string): string | undefined => spanNamed(name).data.baseData.id;

describe("one trace", () => {
  it("goes from the client's call through the queue to the run and what it calls", () => {
    const names = new Set(ofTrace().map(nameOf));
    expect([...names].sort()).toEqual([
      "backend.request",
      "conversation.run",
      "conversation.turn",
      "mcp.tool.call",
      "model.complete",
      "scheduler.dispatch",
      "tool.call",
    ]);
  });

  it("has each span below the one that caused it", () => {
    expect(parentOf("mcp.tool.call")).toBe(callerSpan);
    expect(parentOf("scheduler.dispatch")).toBe(idOf("mcp.tool.call"));
    expect(parentOf("conversation.run")).toBe(idOf("scheduler.dispatch"));
    expect(parentOf("conversation.turn")).toBe(idOf("conversation.run"));
    expect(parentOf("model.complete")).toBe(idOf("conversation.turn"));
    expect(parentOf("backend.request")).toBe(idOf("tool.call"));
  });

  it("goes on at the backend", () => {
    const [request] = backend.seen;
    expect(request?.headers.get("traceparent")).toBe(`00-${traceId}-${idOf("backend.request")}-01`);
  });

  it("says of the model what OpenTelemetry's conventions ask for", () => {
    expect(spanNamed("model.complete").data.baseData.properties).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "rehearsal",
      "gen_ai.request.model": "rehearsal",
      "gen_ai.response.model": expect.any(String),
      "gen_ai.response.finish_reasons": '["tool_calls"]',
      "gen_ai.usage.input_tokens": expect.stringMatching(/^\d+$/),
      "gen_ai.usage.output_tokens": expect.stringMatching(/^\d+$/),
    });
    expect(spanNamed("tool.call").data.baseData.properties).toMatchObject({ "gen_ai.tool.name": "list_tickets" });
    expect(spanNamed("conversation.run").data.baseData.properties).toMatchObject({ "run.outcome": "succeeded" });
  });
});

describe("requests", () => {
  it("are one for each call of a client, and one for the run", () => {
    const requests = ingestion.items.filter(({ data }) => data.baseType === "RequestData");
    const ofTheTrace = requests.filter((item) => item.tags["ai.operation.id"] === traceId);
    expect(ofTheTrace.map(nameOf).sort()).toEqual(["conversation.run", "mcp.tool.call"]);
    expect(new Set(requests.map(nameOf))).toEqual(new Set(["conversation.run", "mcp.tool.call"]));
  });

  it("are all that is reported: nothing is collected by itself", () => {
    const types = new Set(ingestion.items.map(({ data }) => data.baseType));
    expect([...types].sort()).toEqual(["MetricData", "RemoteDependencyData", "RequestData"]);
    const measured = ingestion.items.flatMap(({ data }) => data.baseData.metrics ?? []).map(({ name }) => name);
    // The last one is the exporter's description of where the app runs.
    const known = [...Object.keys(metrics), "_OTELRESOURCE_"];
    expect(measured.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("metrics", () => {
  it("arrive before the app ends", () => {
    const sumOf = (name: string): number => metricsNamed(ingestion, name).reduce((sum, { value }) => sum + value, 0);
    expect(sumOf("run.ended")).toBe(1);
    expect(sumOf("run.storage_operations")).toBeGreaterThan(5);
    expect(sumOf("gen_ai.client.token.usage")).toBeGreaterThan(10);
    for (const name of ["run.lateness", "schedule.backlog", "target.duration"]) {
      expect(metricsNamed(ingestion, name), name).not.toEqual([]);
    }
  });
});

describe("log lines", () => {
  it("are the app's and the host's: the SDK writes none of its own", () => {
    expect(output).toContain('"run.finished"');
    expect(output).not.toMatch(/monitor-opentelemetry|ReferenceError|telemetry\.trouble/);
  });

  it("of the run carry its trace and whose it is", () => {
    const finished = lines.find(({ logger }) => logger === "run.finished");
    expect(finished).toMatchObject({ trace_id: traceId, span_id: idOf("conversation.run"), owner: "local" });
    const asked = lines.find(({ logger }) => logger === "content.tool_call");
    const { run, schedule } = finished ?? {};
    expect(asked).toMatchObject({ trace_id: traceId, span_id: idOf("tool.call"), run, schedule, owner: "local" });
  });

  it("hold what was said only because they were asked to, and traces never do", () => {
    const content = lines.filter(({ logger }) => String(logger).startsWith("content."));
    expect(new Set(content.map(({ logger }) => logger))).toEqual(
      new Set(["content.prompt", "content.answer", "content.tool_call", "content.tool_answer"]),
    );
    expect(content.find(({ logger }) => logger === "content.prompt")?.text).toContain("open critical tickets");
    expect(JSON.stringify(ingestion.requests)).not.toContain("open critical tickets");
  });
});

it("an ingestion that never answers holds up neither the run nor the end of the app", async () => {
  await using silent = await startIngestion();
  silent.receive("hang");
  const host = await startWith(silent, {});
  await runOnce(host);
  await waitFor(() => silent.requests.length > 0, "something that is sent");
  const stoppedAt = performance.now();
  expect(await host.signal("SIGTERM")).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(5000);
  expect(host.lines.filter((line) => line.includes('"telemetry.trouble"')).length).toBeLessThanOrEqual(1);
});
