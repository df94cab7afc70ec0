import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { createCheckReadiness, type Watched } from "../../shared/use-cases/check-readiness.ts";
import { createMemoryPorts } from "../support/memory-ports.ts";

const start = Date.parse("2026-12-01T07:00:00Z");

/** A process that has just started; time passes when the test says so, and a limit when `expire` is called. */
function createApp(watched: Readonly<Record<string, Watched>> = {}) {
  const limits: (() => void)[] = [];
  const state = { now: start, isDown: false, hangs: false, storageCalls: 0 };
  const { ports, heartbeat } = createMemoryPorts({
    clock: { now: () => state.now, monotonic: () => state.now - start },
    sleep: () => new Promise((resolve) => limits.push(resolve)),
    async intercept(_operation, perform) {
      state.storageCalls++;
      if (state.hangs) await new Promise(() => {});
      if (state.isDown) throw new AppError("SERVICE_ERROR", "Storage did not answer in time.");
      return perform();
    },
  });
  return Object.assign(state, {
    heartbeat,
    checkReadiness: createCheckReadiness(ports, heartbeat, watched),
    expire: () => {
      for (const end of limits) end();
    },
  });
}

const noTick = { status: "degraded", error: "no_recent_tick" };

describe("the timer", () => {
  it("is not blamed in a new app before it could have ticked, and is after five minutes without", async () => {
    const app = createApp();
    const seen: unknown[] = [];
    for (const minutes of [0, 5, 5.5]) {
      app.now = start + minutes * minuteMs;
      seen.push((await app.checkReadiness()).dependencies.timer);
    }
    expect(seen).toEqual([{ status: "ok" }, { status: "ok" }, noTick]);
  });

  it("is degraded when the last tick is more than five minutes old, also for a process that has just started", async () => {
    const app = createApp();
    await app.heartbeat.beat(start - 6 * minuteMs);
    expect(await app.checkReadiness()).toMatchObject({ isReady: true, dependencies: { timer: noTick } });
    await app.heartbeat.beat(start);
    app.now = start + minuteMs;
    expect((await app.checkReadiness()).dependencies.timer).toEqual({ status: "ok" });
  });
});

describe("storage", () => {
  it("that does not answer makes the app not ready, and nothing is said of the timer then", async () => {
    const app = createApp();
    app.isDown = true;
    const storage = { status: "unavailable", latencyMs: 0, error: "SERVICE_ERROR" };
    expect(await app.checkReadiness()).toEqual({ isReady: false, checkedAt: start, dependencies: { storage } });
  });

  it("that hangs counts as down after the limit", async () => {
    const app = createApp();
    app.hangs = true;
    const readiness = app.checkReadiness();
    app.now += 2000;
    app.expire();
    const storage = { status: "unavailable", latencyMs: 2000, error: "TIMEOUT_ERROR" };
    expect(await readiness).toMatchObject({ isReady: false, dependencies: { storage } });
  });
});

const knows = (known: ReturnType<Watched["known"]>): Watched => ({ known: () => known });
const asks = (ask: NonNullable<Watched["ask"]>, known: ReturnType<Watched["known"]>): Watched => ({
  known: () => known,
  ask,
});
const answers = async (): Promise<void> => {};
const refuses = () => Promise.reject(new AppError("AUTHENTICATION_ERROR", "No."));
const neverAsked = () => Promise.reject(new Error("not to be asked"));
const ok = { state: "ok", breaker: "closed" } as const;
const failed = { state: "degraded", breaker: "closed", error: "TIMEOUT_ERROR" } as const;

/** Everything that a dependency can be, and what is said of it. */
const dependencies: readonly [string, Watched, object][] = [
  ["unused", knows({ state: "unused" }), { status: "unused" }],
  ["well", knows({ state: "ok" }), { status: "ok" }],
  [
    "well, with several of a kind",
    knows({ state: "ok", configured: 2, failing: 0 }),
    { status: "ok", configured: 2, failing: 0 },
  ],
  ["degraded", knows({ state: "degraded", error: "SERVICE_ERROR" }), { status: "degraded", error: "SERVICE_ERROR" }],
  [
    "gone",
    knows({ state: "unavailable", error: "AUTHENTICATION_ERROR" }),
    { status: "degraded", error: "AUTHENTICATION_ERROR" },
  ],
  [
    "a Scheduler that is gone",
    knows({ state: "unavailable", error: "SERVICE_ERROR", dialect: "mcptools", since: start, breaker: "open" }),
    { status: "degraded", error: "SERVICE_ERROR", dialect: "mcptools", since: start, breaker: "open" },
  ],
  ["asked, and well", asks(answers, ok), { status: "ok", breaker: "closed", latencyMs: 0 }],
  ["asked for the first time", asks(answers, { ...ok, state: "unused" }), { status: "ok", latencyMs: 0 }],
  ["asked, and well again", asks(answers, failed), { status: "ok", latencyMs: 0 }],
  ["asked, and refusing", asks(refuses, ok), { status: "degraded", error: "AUTHENTICATION_ERROR", latencyMs: 0 }],
  [
    "left alone, so not asked",
    asks(neverAsked, { ...failed, breaker: "open" }),
    { status: "degraded", error: "TIMEOUT_ERROR", breaker: "open" },
  ],
  [
    "about to be tried, so not asked",
    asks(neverAsked, { ...failed, breaker: "half_open" }),
    { status: "degraded", error: "TIMEOUT_ERROR", breaker: "half_open" },
  ],
];

describe("a dependency that is", () => {
  const table = dependencies.flatMap(([what, watched, expected]) =>
    [true, false].map((isUp) => ({ what, watched, expected, isUp, storage: isUp ? "up" : "down" })),
  );

  it.each(table)("$what is told with storage $storage, which alone decides", async ({ watched, expected, isUp }) => {
    const app = createApp({ it: watched });
    app.isDown = !isUp;
    const { isReady, dependencies: told } = await app.checkReadiness();
    expect(isReady).toBe(isUp);
    expect(told.it).toMatchObject(expected);
    if (!("latencyMs" in expected)) expect(told.it).not.toHaveProperty("latencyMs");
  });

  it("slow is given up after the limit, and its question ended", async () => {
    let ended: AbortSignal | undefined;
    const hangs = (signal: AbortSignal): Promise<void> => {
      ended = signal;
      return new Promise(() => {});
    };
    const app = createApp({ backend: asks(hangs, ok) });
    const readiness = app.checkReadiness();
    await Promise.resolve();
    app.now += 2000;
    app.expire();
    const backend = { status: "degraded", error: "TIMEOUT_ERROR", latencyMs: 2000 };
    expect(await readiness).toMatchObject({ isReady: true, dependencies: { storage: { status: "ok" }, backend } });
    expect(ended?.aborted).toBe(true);
  });

  it("not set up is not named", async () => {
    expect(Object.keys((await createApp().checkReadiness()).dependencies)).toEqual(["storage", "timer"]);
  });
});

it("asks all at the same time, once for whoever comes within ten seconds", async () => {
  let asked = 0;
  const both = Promise.withResolvers<void>();
  // Neither answers before the other has been asked.
  const together = (): Promise<void> => {
    if (++asked === 2) both.resolve();
    return both.promise;
  };
  const app = createApp({ one: asks(together, ok), two: asks(together, ok) });
  const [first, second] = await Promise.all([app.checkReadiness(), app.checkReadiness()]);
  expect(second).toBe(first);
  app.now += 9_999;
  expect(await app.checkReadiness()).toBe(first);
  expect([asked, app.storageCalls]).toEqual([2, 1]);
  app.now += 1;
  expect(await app.checkReadiness()).not.toBe(first);
  expect([asked, app.storageCalls]).toEqual([4, 2]);
});
