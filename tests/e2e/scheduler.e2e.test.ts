import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import {
  connectModern,
  finishedRun,
  inSeconds,
  type McpSession,
  type RunView,
  scheduleOnce,
} from "../support/mcp-session.ts";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import type { RunningScheduler } from "../support/scheduler/service.ts";
import { waitFor } from "../support/wait-for.ts";
import { localSettings } from "./local-settings.ts";

const prompt = "What counts as a critical ticket in the knowledge base?";

let scheduler: RunningScheduler;
let host: HostProcess;
beforeAll(async () => {
  scheduler = await startScheduler();
  host = await startHostProcess(inject("packagedApp"), settingsFor(scheduler));
});
afterAll(async () => {
  await host.signal("SIGTERM");
  await scheduler[Symbol.asyncDispose]();
});

const settingsFor = ({ url, clientId, apiKey }: RunningScheduler): Record<string, string> =>
  localSettings({
    SCHEDULER_URL: url,
    SCHEDULER_CLIENT_ID: clientId,
    SCHEDULER_API_KEY: apiKey,
    SCHEDULER_CALLBACK_KEY: "a-key-of-32-characters-and-more-for-tests",
    SCHEDULER_GRACE_SECONDS: "5",
  });

describe.concurrent("the app with an external Scheduler", () => {
  it("has a slot armed there, called back, and run once, whoever repeats or forges the callback", async ({
    expect,
  }) => {
    const session = await connectModern(host.url);
    const runAt = inSeconds(20);
    const id = await scheduleOnce(session, prompt, runAt);
    const armed = await armedFor(scheduler, id);
    expect(armed.scheduledTime.at).toBe(Date.parse(runAt));
    expect(JSON.stringify(armed)).not.toContain(prompt);
    expect(await readiness(host)).toMatchObject({ status: "ok", dialect: "mcptools", since: expect.any(String) });

    const { endpoint } = armed.target;
    const forged = endpoint.replace(/(?<=sig=)./, (first) => (first === "A" ? "B" : "A"));
    expect(await post(forged, armed.text)).toEqual([401, expect.not.objectContaining({ runId: expect.anything() })]);
    expect(await runsOf(session, id)).toEqual([]);

    const run = await finishedRun(session, id);
    expect(run).toMatchObject({ slot: runAt, alarm: "scheduler", outcome: "succeeded", pick_ups: 1 });
    expect(await post(endpoint, armed.text)).toEqual([200, { success: true, runId: run.id, duplicate: true }]);
    expect(await runsOf(session, id)).toHaveLength(1);
    expect(scheduler.callbacks.filter(({ conversationId }) => conversationId === armed.id)).toHaveLength(1);
    expect(scheduler.requests.filter(({ path }) => path === "/api/auth/token")).toHaveLength(1);
    expect(host.lines.join("\n")).not.toContain(new URL(endpoint).searchParams.get("sig"));
    await session.close();
  });

  it("arms a hundred slots that are planned at once, each one time, ten at a time at most", async ({ expect }) => {
    const session = await connectModern(host.url);
    // Quick and slow answers by turns: the queue then hands the app more at a time than the Scheduler may get.
    let calls = 0;
    scheduler.bend({
      before: async ({ path }) => (path.endsWith("/execute") && ++calls % 2 === 0 ? pause(600) : undefined),
    });
    const items = Array.from({ length: 100 }, (_, index) => ({
      name: `Bulk ${index}`,
      prompt,
      run_at: inSeconds(3600),
    }));
    const { results } = await session.call("schedule_conversations", { items });
    const ids = (results as { schedule_id: string }[]).map(({ schedule_id }) => schedule_id);
    const bulk = () => scheduler.conversations.map(idIn).filter((id) => ids.includes(id));
    await waitFor(
      () => bulk().length >= 100,
      () => `100 armed slots: ${bulk().length}`,
      40,
    );
    expect(bulk().toSorted()).toEqual(ids.toSorted());
    expect(scheduler.peak.tools).toBeGreaterThan(1);
    expect(scheduler.peak.tools).toBeLessThanOrEqual(10);
    await session.close();
  });

  it("loses no slot and runs none twice when it is killed while slots are armed", async ({ expect }) => {
    await using newer = await startMcpScheduler();
    const settings = settingsFor(newer);
    const killed = await startHostProcess(inject("packagedApp"), settings);
    const before = await connectModern(killed.url);
    const missedId = await scheduleOnce(before, prompt, inSeconds(14));
    const calledId = await scheduleOnce(before, prompt, inSeconds(23));
    const isDone = (line: string) => line.includes("Executed 'run' (Succeeded");
    await waitFor(() => killed.lines.filter(isDone).length === 2, "two slots that are armed, and known to be");
    await killed.signal("SIGKILL");
    await waitFor(async () => (await armedFor(newer, missedId)).status === "Failed", "a callback that nobody takes");

    const restarted = await startHostProcess(inject("packagedApp"), { ...settings, PORT: new URL(killed.url).port });
    const session = await connectModern(restarted.url);
    const [missed, called] = await Promise.all([finishedRun(session, missedId), finishedRun(session, calledId)]);
    expect(missed).toMatchObject({ alarm: "timer", outcome: "succeeded", pick_ups: 1 });
    expect(called).toMatchObject({ alarm: "scheduler", outcome: "succeeded", pick_ups: 1 });
    for (const id of [missedId, calledId]) {
      const { id: armedId } = await armedFor(newer, id);
      expect(await newer.repeat(armedId)).toBe("Completed");
      expect(await runsOf(session, id)).toHaveLength(1);
    }
    await restarted.line('"state":"failed"');
    expect(await readiness(restarted)).toMatchObject({ status: "ok", dialect: "mcp" });
    await session.close();
    expect(await restarted.signal("SIGTERM")).toBe(0);
  });
});

type Armed = RunningScheduler["conversations"][number];

/** The schedule that a conversation over there stands for. */
const idIn = ({ text }: Armed): string => (JSON.parse(text) as { conversationId: string }).conversationId;

const armedFor = (service: RunningScheduler, scheduleId: string): Promise<Armed> =>
  waitFor(() => service.conversations.find((armed) => idIn(armed) === scheduleId), `${scheduleId} to be armed`);

async function runsOf(session: McpSession, scheduleId: string): Promise<readonly RunView[]> {
  return (await session.call("list_runs", { schedule_id: scheduleId })).runs as RunView[];
}

async function readiness({ url }: HostProcess): Promise<unknown> {
  const answer = await fetch(new URL("/health/ready", url));
  return ((await answer.json()) as { dependencies: { scheduler: unknown } }).dependencies.scheduler;
}

async function post(url: string, body: string): Promise<[number, unknown]> {
  const response = await fetch(url, { method: "POST", body });
  return [response.status, await response.json()];
}
