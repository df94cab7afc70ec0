import { describe, expect, it } from "vitest";
import type { AlarmHealth, ExternalAlarm } from "../../shared/alarm/external-alarm.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { createCheckReadiness } from "../../shared/use-cases/check-readiness.ts";
import { createMemoryPorts } from "../support/memory-ports.ts";

const start = Date.parse("2026-12-01T07:00:00Z");

/** A process that has just started; time passes when the test says so. */
function createApp(alarm?: AlarmHealth) {
  const state = { now: start, isDown: false };
  const { ports, heartbeat } = createMemoryPorts({
    clock: { now: () => state.now, monotonic: () => state.now - start },
    sleep: () => new Promise(() => {}),
    async intercept(_operation, perform) {
      if (state.isDown) throw new AppError("SERVICE_ERROR", "Storage did not answer in time.");
      return perform();
    },
  });
  const known = alarm === undefined ? ports : { ...ports, alarm: { ...silentAlarm, health: () => alarm } };
  return Object.assign(state, { heartbeat, checkReadiness: createCheckReadiness(known, heartbeat) });
}

const silentAlarm: ExternalAlarm = {
  arm: () => Promise.reject(new Error("not asked")),
  cancel: () => Promise.reject(new Error("not asked")),
  status: () => Promise.reject(new Error("not asked")),
  health: () => ({ state: "unused", dialect: "none", since: undefined }),
};

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

describe("the external Scheduler", () => {
  it("is named only where there is one", async () => {
    expect((await createApp().checkReadiness()).dependencies).not.toHaveProperty("scheduler");
  });

  it.each<[AlarmHealth, object]>([
    [
      { state: "unused", dialect: "none", since: undefined },
      { status: "ok", dialect: "none" },
    ],
    [
      { state: "ok", dialect: "mcp", since: start },
      { status: "ok", dialect: "mcp", since: start },
    ],
    [
      { state: "unavailable", dialect: "mcptools", since: start, problem: "It refuses the key." },
      { status: "degraded", error: "scheduler_unavailable", dialect: "mcptools", since: start },
    ],
  ])("that is %j leaves the app ready, and nobody is asked for it", async (health, expected) => {
    const { isReady, dependencies } = await createApp(health).checkReadiness();
    expect(isReady).toBe(true);
    expect(dependencies.scheduler).toEqual(expected);
  });
});

it("is not ready while storage does not answer, and says nothing of the timer then", async () => {
  const app = createApp();
  app.isDown = true;
  expect(await app.checkReadiness()).toMatchObject({
    isReady: false,
    dependencies: { storage: { status: "unavailable", error: "SERVICE_ERROR" } },
  });
  expect((await app.checkReadiness()).dependencies).not.toHaveProperty("timer");
});
