import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Exporter, startAzureMonitor } from "../../shared/telemetry/azure-monitor.ts";
import { createOpenTelemetry, type OpenTelemetry } from "../../shared/telemetry/open-telemetry.ts";
import { type Ingestion, itemsNamed, metricsNamed, startIngestion } from "../support/ingestion.ts";

// The real package in this process, which is a process of its own: its state is global.
const selfReports = ["APPLICATION_INSIGHTS_NO_STATSBEAT", "APPLICATIONINSIGHTS_SDKSTATS_DISABLED"];

let ingestion: Ingestion;
/** For temporary files of this process. */
let folder: string;
beforeAll(async () => {
  // The SDK's reports on itself would go to addresses in Azure.
  for (const name of selfReports) vi.stubEnv(name, "true");
  folder = await mkdtemp(join(tmpdir(), "telemetry-"));
  vi.stubEnv("TMPDIR", folder);
  ingestion = await startIngestion();
  setDefaultCACertificates([...getCACertificates(), ingestion.certificate.cert]);
});
afterAll(async () => {
  await ingestion[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
afterEach(() => ingestion.receive("take"));

const limitMs = 5000;
const troubles: string[] = [];

async function start(options: { samplingRatio?: number; hostReportsRequests?: boolean; credential?: Credential } = {}) {
  const { samplingRatio = 1, hostReportsRequests = false, credential } = options;
  troubles.length = 0;
  const exporter = await startAzureMonitor({
    connectionString: ingestion.connectionString,
    samplingRatio,
    monotonic: () => performance.now(),
    onTrouble: (words) => troubles.push(words),
    ...(credential === undefined ? {} : { credential }),
  });
  return { exporter, telemetry: createOpenTelemetry({ hostReportsRequests }) };
}

type Credential = Parameters<typeof startAzureMonitor>[0]["credential"];

/** One call with a run in it, as the app makes them; `name` tells it from those of other tests. */
const call = (telemetry: OpenTelemetry, name: string): Promise<void> =>
  telemetry.span(`call ${name}`, { kind: "server" }, () =>
    telemetry.span(`run ${name}`, { kind: "consumer", operations: "run.storage_operations" }, async () => {
      telemetry.countOperation();
      await telemetry.span(`model ${name}`, { kind: "client", attributes: { tokens: 5 } }, async () => undefined);
    }),
  );

describe("what is exported", () => {
  it("is one trace with its spans, and requests for what came in", async () => {
    const { exporter, telemetry } = await start();
    await call(telemetry, "a");
    await exporter.flush(limitMs);
    const items = ["call a", "run a", "model a"].flatMap((name) => itemsNamed(ingestion, name));
    expect(items.map(({ data }) => data.baseType)).toEqual(["RequestData", "RequestData", "RemoteDependencyData"]);
    expect(new Set(items.map(({ tags }) => tags["ai.operation.id"])).size).toBe(1);
    expect(items[2]?.tags["ai.operation.parentId"]).toBe(items[1]?.data.baseData.id);
    expect(items[1]?.data.baseData.properties).toMatchObject({ "storage.operations": "1" });
    expect(items[2]?.data.baseData.properties).toMatchObject({ tokens: "5" });
    expect(metricsNamed(ingestion, "run.storage_operations")).toMatchObject([{ value: 1, count: 1 }]);
  });

  it("has no requests where the host reports those", async () => {
    const { exporter, telemetry } = await start({ hostReportsRequests: true });
    await call(telemetry, "hosted");
    await exporter.flush(limitMs);
    const types = ["call hosted", "run hosted"].flatMap((name) => itemsNamed(ingestion, name));
    expect(types.map(({ data }) => data.baseType)).toEqual(["RemoteDependencyData", "RemoteDependencyData"]);
  });

  it("says of a failure our code, and nothing that somebody else wrote", async () => {
    const { exporter, telemetry } = await start();
    const failing = telemetry.span("failing", {}, () => Promise.reject(new Error("foreign words")));
    await expect(failing).rejects.toThrow();
    await exporter.flush(limitMs);
    const [item] = itemsNamed(ingestion, "failing");
    expect(item?.data.baseData).toMatchObject({ success: false, properties: { "error.code": "INTERNAL_ERROR" } });
    expect(JSON.stringify(ingestion.requests)).not.toContain("foreign words");
  });

  it("points from a trace of its own to what caused it", async () => {
    const { exporter, telemetry } = await start();
    await telemetry.span("cause", {}, () => telemetry.span("effect", { isRoot: true }, async () => undefined));
    await exporter.flush(limitMs);
    const [cause, effect] = ["cause", "effect"].map((name) => itemsNamed(ingestion, name)[0]);
    expect(effect?.tags["ai.operation.id"]).not.toBe(cause?.tags["ai.operation.id"]);
    expect(effect?.data.baseData.properties?.["_MS.links"]).toContain(cause?.data.baseData.id);
  });

  it("counts, measures, and tells a gauge with each export until it changes", async () => {
    const { exporter, telemetry } = await start();
    telemetry.count("run.ended", 1, { outcome: "failed", reason: undefined });
    telemetry.count("run.ended", 2, { outcome: "failed" });
    telemetry.measure("run.lateness", 40, { kind: "planned" });
    telemetry.measure("run.lateness", 60, { kind: "planned" });
    telemetry.gauge("target.breaker_open", 1, { target: "backend" });
    await exporter.flush(limitMs);
    telemetry.gauge("target.breaker_open", 0, { target: "backend" });
    await exporter.flush(limitMs);
    await exporter.flush(limitMs);
    expect(metricsNamed(ingestion, "run.ended")).toMatchObject([{ value: 3 }]);
    expect(metricsNamed(ingestion, "run.lateness")).toMatchObject([{ value: 100, count: 2, max: 60 }]);
    expect(metricsNamed(ingestion, "target.breaker_open").map(({ value }) => value)).toEqual([1, 0, 0]);
  });
});

describe("sampling", () => {
  it("of nothing sends no trace, and metrics all the same", async () => {
    const { exporter, telemetry } = await start({ samplingRatio: 0 });
    await call(telemetry, "none");
    telemetry.count("log.warnings", 1, { level: "error", logger: "sampled" });
    await exporter.flush(limitMs);
    expect(itemsNamed(ingestion, "call none")).toEqual([]);
    expect(metricsNamed(ingestion, "log.warnings")).toMatchObject([{ value: 1 }]);
  });

  it("keeps whole traces, in about the part that is asked for, at any rate", async () => {
    const { exporter, telemetry } = await start({ samplingRatio: 0.25 });
    for (let n = 0; n < 200; n++) await call(telemetry, "some");
    await exporter.flush(limitMs);
    const traces = (name: string) => itemsNamed(ingestion, name).map(({ tags }) => tags["ai.operation.id"] ?? "");
    const kept = traces("call some");
    // 200 traces in much less than a second: a limit of five a second would leave five.
    expect(kept.length).toBeGreaterThan(20);
    expect(kept.length).toBeLessThan(90);
    for (const name of ["run some", "model some"]) expect(traces(name).sort()).toEqual([...kept].sort());
  });
});

describe("telemetry that cannot be sent", () => {
  it("is not left on this machine's disk", async () => {
    const { exporter, telemetry } = await start();
    ingestion.receive({ status: 439 });
    await call(telemetry, "kept");
    await exporter.flush(limitMs);
    expect((await readdir(folder)).filter((name) => name.startsWith("Microsoft"))).toEqual([]);
  });

  /** What a thousand calls and a stop cost, in milliseconds. */
  async function costOf({ exporter, telemetry }: { exporter: Exporter; telemetry: OpenTelemetry }) {
    const startedAt = performance.now();
    for (let n = 0; n < 1000; n++) {
      await call(telemetry, "lost");
      exporter.sendSoon();
    }
    const calledAt = performance.now();
    await exporter.flush(300);
    return { calls: calledAt - startedAt, stop: performance.now() - calledAt };
  }

  it.each<["hang" | { status: number }]>([
    ["hang"],
    [{ status: 400 }],
    [{ status: 401 }],
    [{ status: 402 }],
    [{ status: 429 }],
    [{ status: 500 }],
    [{ status: 503 }],
  ])("slows neither calls nor the stop: %j", async (reception) => {
    const app = await start();
    ingestion.receive(reception);
    const { calls, stop } = await costOf(app);
    expect(calls).toBeLessThan(5000);
    expect(stop).toBeLessThan(1000);
    expect(troubles.length).toBeLessThanOrEqual(1);
  });

  it("slows neither when nobody listens, or the sign-in fails", async () => {
    const nobody = await startIngestion();
    await nobody[Symbol.asyncDispose]();
    const connectionString = nobody.connectionString;
    const onTrouble = (words: string) => troubles.push(words);
    const exporter = await startAzureMonitor({ connectionString, samplingRatio: 1, monotonic: () => 0, onTrouble });
    const { stop } = await costOf({ exporter, telemetry: createOpenTelemetry({ hostReportsRequests: false }) });
    expect(stop).toBeLessThan(1000);
    const refused = await start({ credential: { getToken: () => Promise.reject(new Error("no token")) } });
    expect((await costOf(refused)).stop).toBeLessThan(1000);
  });
});

it("signs in with the app's identity where the resource wants that", async () => {
  const getToken = async () => ({ token: "token-of-the-test", expiresOnTimestamp: Date.now() + 3_600_000 });
  const { exporter, telemetry } = await start({ credential: { getToken } });
  await call(telemetry, "signed");
  await exporter.flush(limitMs);
  expect(itemsNamed(ingestion, "call signed")).toHaveLength(1);
  const signed = ingestion.requests.filter(({ body }) => body.includes("call signed"));
  expect(signed.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-of-the-test"]);
});
