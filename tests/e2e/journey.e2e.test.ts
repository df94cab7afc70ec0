import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import {
  connectLegacy,
  connectModern,
  finishedRun,
  inSeconds,
  scheduleOnce,
  transcriptOf,
} from "../support/mcp-session.ts";
import { localSettings } from "./local-settings.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHostProcess(inject("packagedApp"), localSettings({ TICK_SECONDS: "5" }));
});
afterAll(async () => {
  expect(await host.signal("SIGTERM")).toBe(0);
});

describe.concurrent.each([
  { sdk: "@modelcontextprotocol/sdk 1.x", connect: connectLegacy, version: "2025-11-25" },
  { sdk: "@modelcontextprotocol/client 2.x", connect: connectModern, version: "2026-07-28" },
])("a client on $sdk", ({ connect, version }) => {
  it("lists the tools, schedules a conversation 15 s ahead, and reads its finished run", async ({ expect }) => {
    const session = await connect(host.url);
    expect(session.protocolVersion).toBe(version);
    expect(await session.listTools()).toContain("schedule_conversation");

    const runAt = inSeconds(15);
    const scheduleId = await scheduleOnce(session, "What counts as a critical ticket in the knowledge base?", runAt);
    const run = await finishedRun(session, scheduleId);
    expect(run).toMatchObject({ outcome: "succeeded", pick_ups: 1, turns: 2, tool_calls: 1 });
    // The service's clock is known to about a second; earlier than that would be before its moment.
    expect(Date.parse(run.started_at) - Date.parse(runAt)).toBeGreaterThan(-1000);

    const events = await transcriptOf(session, run);
    expect(events.map(({ type }) => type)).toEqual([
      "run_started",
      "system",
      "user",
      "assistant",
      "tool_result",
      "assistant",
      "run_finished",
    ]);
    expect(events.find(({ type }) => type === "tool_result")).toMatchObject({
      tool: "get_knowledge_base",
      is_error: false,
    });
    const { schedule } = await session.call("get_schedule", { id: scheduleId });
    expect(schedule).toMatchObject({
      status: "completed",
      open_runs: [],
      runs_started: 1,
      runs_finished: 1,
      planned_runs_started: 1,
    });
    await session.close();
  });
});

it("answers the health probes without a key and without an address", async () => {
  const live = await fetch(`${host.url}/health/live`);
  expect(live.status).toBe(200);
  expect(await live.json()).toMatchObject({ status: "alive", service_version: expect.any(String) });
  const ready = await fetch(`${host.url}/health/ready`);
  expect(ready.status).toBe(200);
  const text = await ready.text();
  expect(JSON.parse(text)).toMatchObject({ status: "ready", dependencies: { storage: { status: "ok" } } });
  expect(text).not.toContain("127.0.0.1");
});
