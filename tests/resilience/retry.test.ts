import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRetry, type RetryRules } from "../../shared/resilience/retry.ts";

const rules: RetryRules = { attempts: 4, baseMs: 100, capMs: 300, attemptMs: 10_000, overallMs: 30_000 };

class Trouble extends Error {
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Runs an operation that fails as told and tells when each attempt began. */
async function attemptTimes(failures: readonly Trouble[], { random = 0.5, changed = {} } = {}) {
  const times: number[] = [];
  const start = performance.now();
  const retry = createRetry(
    { ...rules, ...changed },
    {
      isTransient: (error) => error instanceof Trouble && error.message !== "for good",
      retryAfterMs: (error) => (error instanceof Trouble ? error.retryAfterMs : undefined),
      random: () => random,
    },
  );
  const ending = retry(async () => {
    times.push(performance.now() - start);
    const failure = failures[times.length - 1];
    if (failure !== undefined) throw failure;
    return "done";
  }).catch((thrown: unknown) => (thrown as Error).message);
  await vi.runAllTimersAsync();
  return { times: times.map(Math.round), result: await ending };
}

const busy = new Trouble("busy");

describe("retry", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks once when the answer comes", async () => {
    expect(await attemptTimes([])).toEqual({ times: [0], result: "done" });
  });

  it("waits longer each time, up to the cap", async () => {
    const { times, result } = await attemptTimes([busy, busy, busy], { random: 1 });
    expect(times).toEqual([0, 100, 300, 600]);
    expect(result).toBe("done");
  });

  it("draws each wait from zero up: full jitter", async () => {
    expect((await attemptTimes([busy, busy], { random: 0 })).times).toEqual([0, 0, 0]);
    expect((await attemptTimes([busy, busy], { random: 0.5 })).times).toEqual([0, 50, 150]);
  });

  it("gives up after the last attempt with the last error", async () => {
    const { times, result } = await attemptTimes([busy, busy, busy, new Trouble("still busy")]);
    expect(times).toHaveLength(4);
    expect(result).toBe("still busy");
  });

  it("does not repeat what cannot get better", async () => {
    expect(await attemptTimes([new Trouble("for good")])).toEqual({ times: [0], result: "for good" });
  });

  it("waits exactly as long as the other side asks", async () => {
    expect((await attemptTimes([new Trouble("later", 7_000)])).times).toEqual([0, 7_000]);
  });

  it("gives up at once when asked to wait longer than there is time", async () => {
    expect(await attemptTimes([new Trouble("much later", 60_000)])).toEqual({ times: [0], result: "much later" });
  });
});

describe("retry limits", () => {
  const hang = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Trouble("too slow")));
    });
  const decisions = { isTransient: () => true, retryAfterMs: () => undefined, random: () => 0 };

  it("ends an attempt that hangs, and tries again", async () => {
    const retry = createRetry({ ...rules, attemptMs: 5 }, decisions);
    let attempts = 0;
    await expect(retry((signal) => (++attempts === 1 ? hang(signal) : Promise.resolve("done")))).resolves.toBe("done");
  });

  it("ends everything at the overall limit", async () => {
    const retry = createRetry({ ...rules, attemptMs: 10_000, overallMs: 5 }, decisions);
    const operation = vi.fn(hang);
    await expect(retry(operation)).rejects.toThrow("too slow");
    expect(operation).toHaveBeenCalledTimes(1);
  });
});
