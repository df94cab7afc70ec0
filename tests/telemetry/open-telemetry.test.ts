import { describe, expect, it } from "vitest";
import { createOpenTelemetry } from "../../shared/telemetry/open-telemetry.ts";
import { fromTraceparent, toTraceparent } from "../../shared/telemetry/span-context.ts";

// No SDK is registered here: an app that exports nothing.
const telemetry = createOpenTelemetry({ hostReportsRequests: false });
const carried = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const other = "00-1bf7651916cd43dd8448eb211c80319c-a1ad6b7169203331-00";

const traceOf = (traceparent = telemetry.traceparent()): string | undefined => traceparent?.split("-")[1];

/** The trace in which a span's work finds itself. */
const traceWithin = (options: Parameters<typeof telemetry.span>[1]): Promise<string | undefined> =>
  telemetry.span("one", options, async () => traceOf());

describe("a span without an exporter", () => {
  it("gives its work a trace, and the spans within the same one", async () => {
    await telemetry.span("outer", {}, async () => {
      expect(telemetry.traceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
      expect(await traceWithin({})).toBe(traceOf());
    });
    expect(telemetry.traceparent()).toBeUndefined();
  });

  it("takes two pieces of work at the same time for two traces", async () => {
    const [first, second] = await Promise.all([traceWithin({}), traceWithin({})]);
    expect(first).not.toBe(second);
  });

  it("goes on in the trace that is carried in a message or a request", async () => {
    expect(await traceWithin({ parent: carried })).toBe(traceOf(carried));
    expect(await telemetry.within(carried, () => traceWithin({}))).toBe(traceOf(carried));
    expect(await telemetry.within(other, () => traceWithin({ parent: carried }))).toBe(traceOf(carried));
  });

  it("begins a trace of its own when it is to", async () => {
    const root = await telemetry.within(carried, () => traceWithin({ isRoot: true }));
    expect(root).toMatch(/^[0-9a-f]{32}$/);
    expect(root).not.toBe(traceOf(carried));
  });

  it.each([
    undefined,
    "",
    "nonsense",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    `${carried}\r\nx-evil: 1`,
  ])("takes no notice of a carried parent that is none: %j", async (parent) => {
    const trace = await traceWithin({ parent });
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(trace).not.toBe(traceOf(carried));
  });

  it("throws on what its work throws", async () => {
    const failing = telemetry.span("one", {}, () => Promise.reject(new Error("mine")));
    await expect(failing).rejects.toThrow("mine");
  });

  it("measures nothing, and says so to nobody", () => {
    telemetry.count("run.ended", 1, { outcome: "failed" });
    telemetry.measure("a metric that nobody knows", 1);
    telemetry.gauge("target.breaker_open", 1);
    telemetry.countOperation();
  });
});

describe("a log line", () => {
  it("carries the ids of its span and what the spans around it say of themselves", async () => {
    const lines: unknown[] = [];
    const work = async () => void lines.push(telemetry.logFields());
    await telemetry.span("run", { parent: carried, log: { run: "r1", owner: "local" } }, () =>
      telemetry.span("dispatch", { log: { schedule: "s1", owner: "another" } }, work),
    );
    const ids = { trace_id: traceOf(carried), span_id: expect.stringMatching(/^[0-9a-f]{16}$/) };
    expect(lines).toEqual([{ ...ids, run: "r1", owner: "another", schedule: "s1" }]);
  });

  it("carries nothing outside of spans", () => {
    expect(telemetry.logFields()).toEqual({ trace_id: undefined, span_id: undefined });
  });
});

describe("a traceparent", () => {
  it("comes back as it was", () => {
    for (const text of [carried, other]) expect(toTraceparent(fromTraceparent(text)!)).toBe(text);
  });

  it("of a later version is read as far as it is known", () => {
    expect(fromTraceparent(`01${carried.slice(2)}-more`)?.traceId).toBe(traceOf(carried));
  });
});
