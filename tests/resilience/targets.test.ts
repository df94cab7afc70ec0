import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import { BreakerOpen } from "../../shared/resilience/breaker.ts";
import { type CallFailures, type CallPolicy, createTargets } from "../../shared/resilience/targets.ts";
import { createRecordedEvents } from "../openai/recording.ts";
import { createRecordedTelemetry } from "../support/recorded-telemetry.ts";

const policy: CallPolicy = {
  retry: { attempts: 3, baseMs: 1, capMs: 2, attemptMs: 5_000, overallMs: 10_000 },
  breaker: { failures: 5, restMs: 30_000 },
};

const once: CallPolicy = { ...policy, retry: { ...policy.retry, attempts: 1 } };

class Unwell extends Error {}

const failures: CallFailures = {
  isUnwell: (thrown) => thrown instanceof Unwell || (thrown instanceof Error && thrown.name === "TimeoutError"),
  isTransient: (thrown) => thrown instanceof Unwell,
  retryAfterMs: () => undefined,
};

function openSample(changed: Partial<CallPolicy> = once, changedFailures: Partial<CallFailures> = {}) {
  const events = createRecordedEvents();
  const telemetry = createRecordedTelemetry();
  const targets = createTargets({ events, telemetry, random: () => 0.5 });
  const target = targets.open("backend", { ...policy, ...changed }, { ...failures, ...changedFailures });
  const fails = () => target.call("get", () => Promise.reject(new Unwell("down"))).catch((thrown: unknown) => thrown);
  return { target, targets, telemetry, fails, told: () => events.recorded.map(({ name }) => name) };
}

const hang = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("a call", () => {
  it("is tried again where that may help, within one span that tells how often", async () => {
    const { target, telemetry } = openSample(policy);
    let attempts = 0;
    const result = await target.call("get", async ({ headers }) => {
      if (++attempts < 3) throw new Unwell("down");
      return headers;
    });
    expect(result).toEqual({ traceparent: telemetry.present });
    expect(telemetry.spans).toEqual([
      {
        name: "backend.request",
        kind: "client",
        attributes: { target: "backend", operation: "get", outcome: "ok", attempts: 3 },
      },
    ]);
    expect(telemetry.measured).toEqual([
      { metric: "target.duration", attributes: { target: "backend", operation: "get", outcome: "ok" } },
    ]);
    expect(telemetry.counted).toEqual([]);
    expect(target.health()).toEqual({ state: "ok", breaker: "closed" });
  });

  it.each([
    ["fails", new Unwell("down"), { outcome: "failed", code: "SERVICE_ERROR" }],
    ["is refused", new AppError("VALIDATION_ERROR", "Too long."), { outcome: "refused", code: "VALIDATION_ERROR" }],
    ["takes too long", new DOMException("slow", "TimeoutError"), { outcome: "timed_out", code: "TIMEOUT_ERROR" }],
  ])("that %s is counted and marked with a code of ours", async (_what, thrown, { outcome, code }) => {
    const { target, telemetry } = openSample();
    await expect(target.call("get", () => Promise.reject(thrown))).rejects.toBe(thrown);
    expect(telemetry.spans).toMatchObject([{ failed: code, attributes: { outcome, attempts: 1 } }]);
    expect(telemetry.counted).toMatchObject([{ metric: "target.failures", value: 1, attributes: { outcome } }]);
  });

  it("ends at the limit of an attempt, though the attempt does not listen", async () => {
    const { target } = openSample({ retry: { ...once.retry, attemptMs: 5 } });
    await expect(target.call("get", () => new Promise(() => {}))).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("ends at the limit of all attempts together", async () => {
    const { target } = openSample({ totalMs: 5 });
    await expect(target.call("get", hang)).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("ends with its caller's signal, which says nothing about the other side", async () => {
    const { target, telemetry } = openSample({ ...once, breaker: { failures: 1, restMs: 30_000 } });
    const caller = new AbortController();
    const call = target.call("get", hang, caller.signal);
    caller.abort(new Error("not wanted any more"));
    await expect(call).rejects.toThrow("not wanted any more");
    expect(target.health()).toEqual({ state: "unused", breaker: "closed" });
    expect(telemetry.counted).toEqual([]);
    expect(telemetry.spans).toMatchObject([{ attributes: { outcome: "given_up" } }]);
  });

  it("is not begun again when its caller gives it up between two attempts", async () => {
    const { target } = openSample({ retry: { ...policy.retry, baseMs: 60_000, capMs: 60_000, overallMs: 120_000 } });
    const caller = new AbortController();
    const attempt = vi.fn(() => {
      queueMicrotask(() => caller.abort("over"));
      return Promise.reject(new Unwell("down"));
    });
    await expect(target.call("get", attempt, caller.signal)).rejects.toBe("over");
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it("waits its turn where only so many may be under way", async () => {
    const { target } = openSample({ ...once, atOnce: 2 });
    const ends: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => ends.push(resolve));
    const calls = [slow, slow, slow].map((attempt) => target.call("get", attempt));
    await vi.waitFor(() => expect(ends).toHaveLength(2));
    ends[0]?.();
    await calls[0];
    await vi.waitFor(() => expect(ends).toHaveLength(3));
    for (const end of ends) end();
    await Promise.all(calls);
  });
});

describe("the breaker of a target", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("opens after five failures in a row, is told of once, and tries one call after its rest", async () => {
    const { target, telemetry, fails, told } = openSample();
    for (let times = 0; times < 5; times++) expect(await fails()).toBeInstanceOf(Unwell);
    expect(await fails()).toBeInstanceOf(BreakerOpen);
    expect(target.refusal()).toMatchObject({ retryAfterMs: 30_000 });
    expect(target.health()).toEqual({ state: "degraded", breaker: "open", error: "SERVICE_ERROR" });
    expect(telemetry.spans.at(-1)).toMatchObject({ attributes: { outcome: "left_alone", attempts: 0 } });

    vi.setSystemTime(Date.now() + 30_000);
    expect(target.health().breaker).toBe("half_open");
    expect(await fails()).toBeInstanceOf(Unwell);
    expect(target.health().breaker).toBe("open");
    expect(told()).toEqual(["target.left_alone"]);

    vi.setSystemTime(Date.now() + 30_000);
    await target.call("get", async () => "well");
    expect(target.health()).toEqual({ state: "ok", breaker: "closed" });
    expect(told()).toEqual(["target.left_alone", "target.back"]);
    expect(telemetry.gauges.map(({ metric, value }) => [metric, value])).toEqual([
      ["target.breaker_open", 1],
      ["target.breaker_open", 0],
    ]);
  });

  it("counts each attempt, and ends the attempts of a call that opens it", async () => {
    const { target } = openSample(policy);
    const attempt = vi.fn(() => Promise.reject(new Unwell("down")));
    await expect(target.call("get", attempt)).rejects.toThrow(Unwell);
    await expect(target.call("get", attempt)).rejects.toThrow(BreakerOpen);
    expect(attempt).toHaveBeenCalledTimes(5);
  });

  it("is not closed by a call after its rest that its caller gives up", async () => {
    const { target, fails, told } = openSample();
    for (let times = 0; times < 5; times++) await fails();
    vi.setSystemTime(Date.now() + 30_000);
    const caller = new AbortController();
    const call = target.call("get", hang, caller.signal).catch((thrown: unknown) => thrown);
    caller.abort("over");
    expect(await call).toBe("over");
    await vi.waitFor(() => expect(target.health().breaker).toBe("open"));
    expect(told()).toEqual(["target.left_alone"]);
  });

  it("turns away what stands in line", async () => {
    const { target, fails } = openSample({
      ...once,
      atOnce: 1,
      pauseMs: 3_600_000,
      breaker: { failures: 1, restMs: 30_000 },
    });
    const [first, second] = await Promise.all([fails(), fails()]);
    expect(first).toBeInstanceOf(Unwell);
    expect(second).toBeInstanceOf(BreakerOpen);
    expect(target.health().error).toBe("SERVICE_ERROR");
  });
});

describe("the health of a target", () => {
  it.each([
    ["VALIDATION_ERROR", { state: "ok" }],
    ["AUTHENTICATION_ERROR", { state: "degraded", error: "AUTHENTICATION_ERROR" }],
    ["TIMEOUT_ERROR", { state: "degraded", error: "TIMEOUT_ERROR" }],
  ] as const)("after %s", async (code, expected) => {
    const { target } = openSample();
    await target.call("get", () => Promise.reject(new AppError(code, "No."))).catch(() => undefined);
    expect(target.health()).toMatchObject(expected);
  });

  it("is known for all that were opened, in order", () => {
    const { targets } = openSample();
    targets.open("model", once, failures);
    expect(targets.all().map(({ name, health }) => [name, health().state])).toEqual([
      ["backend", "unused"],
      ["model", "unused"],
    ]);
  });
});
