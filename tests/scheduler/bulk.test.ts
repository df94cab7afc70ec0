import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { secondMs } from "../../shared/kernel/clock.ts";
import { schedulerLimits } from "../../shared/scheduler/limits.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import type { SeenRequest } from "../support/scheduler/service.ts";
import { waitFor } from "../support/wait-for.ts";
import { createClient, isCall, slotOf } from "./scheduler-client.ts";

describe("100 slots at the same time", () => {
  it.each([
    { what: "its own tools", start: () => startScheduler() },
    { what: "MCP", start: () => startMcpScheduler() },
  ])("are armed over $what with at most 10 calls under way, in groups with a pause", async ({ start }) => {
    await using scheduler = await start();
    const held: (() => void)[] = [];
    const hold = (request: SeenRequest) =>
      isCall(request) && held.length < 10
        ? new Promise<undefined>((resolve) => held.push(() => resolve(undefined)))
        : undefined;
    scheduler.bend({ before: hold });
    const pauseMs = 20;
    await using client = createClient(scheduler, { batch: { size: 10, pauseMs } });
    const startedAt = performance.now();
    const armed = Promise.all(Array.from({ length: 100 }, (_, index) => client.alarm.arm(slotOf(`daily-${index}`))));
    await waitFor(() => held.length === 10, "the first group");
    for (const release of held) release();
    expect(new Set(await armed).size).toBe(100);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(9 * pauseMs - 5);
    expect(scheduler.peak.tools).toBe(10);
    expect(scheduler.conversations).toHaveLength(100);
  });

  it("go through few connections, which are kept", async () => {
    await using scheduler = await startScheduler();
    let connections = 0;
    const count = (message: unknown) => {
      const { port } = (message as { connectParams: { port: string } }).connectParams;
      if (port === String(scheduler.port)) connections++;
    };
    subscribe("undici:client:connected", count);
    await using client = createClient(scheduler);
    await Promise.all(Array.from({ length: 100 }, (_, index) => client.alarm.arm(slotOf(`daily-${index}`))));
    unsubscribe("undici:client:connected", count);
    expect(scheduler.requests.length).toBeGreaterThan(100);
    expect(connections).toBeGreaterThan(0);
    expect(connections).toBeLessThan(50);
  });
});

it("the limits that the app ships with end every call within a minute and a half", () => {
  expect(schedulerLimits.totalMs).toBe(90 * secondMs);
  expect(schedulerLimits.retry.overallMs).toBeLessThan(schedulerLimits.totalMs);
});
