import { afterEach, expect, inject, it } from "vitest";
import { createAzureStorage } from "../../shared/azure/storage/azure-storage.ts";
import { historyPrefix } from "../../shared/azure/storage/names.ts";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import {
  connectModern,
  finishedRun,
  inSeconds,
  type RunView,
  scheduleOnce,
  transcriptOf,
} from "../support/mcp-session.ts";
import { type ScriptedOpenAi, startScriptedOpenAi } from "../support/scripted-openai.ts";
import { waitFor } from "../support/wait-for.ts";
import { localSettings } from "./local-settings.ts";

const running: HostProcess[] = [];
let model: ScriptedOpenAi | undefined;
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.signal("SIGTERM")));
  await model?.close();
});

const start = async (settings: Record<string, string>): Promise<HostProcess> => {
  const host = await startHostProcess(inject("packagedApp"), settings);
  running.push(host);
  return host;
};

const openAi = ({ url }: ScriptedOpenAi) => ({
  MODEL_PROVIDER: "openai",
  OPENAI_BASE_URL: url,
  OPENAI_MODEL: "scripted",
});

it("takes a run up after SIGKILL at the first missing step, repeats no completed tool call and ends it once", async () => {
  // The first call asks for a tool; the second never gets an answer, and while it waits the process is killed.
  model = await startScriptedOpenAi((_call, number) => {
    if (number === 1) return { tool: "get_knowledge_base", arguments: '{"query":"critical"}' };
    return number === 2 ? "hang" : { text: "Done after the restart." };
  });
  const settings = localSettings({ ...openAi(model), RUN_LEASE_SECONDS: "15" });
  const killed = await start(settings);
  const before = await connectModern(killed.url);
  const scheduleId = await scheduleOnce(before, "What is critical?", inSeconds(2));
  await waitFor(() => model?.calls.length === 2, "the call that hangs", 30);
  await killed.signal("SIGKILL");

  const restarted = await start(settings);
  const session = await connectModern(restarted.url);
  const run = await finishedRun(session, scheduleId, 90);
  expect(run).toMatchObject({ outcome: "succeeded", answer: "Done after the restart.", pick_ups: 2, turns: 2 });

  const events = await transcriptOf(session, run);
  const count = (type: string) => events.filter((event) => event.type === type).length;
  expect({ user: count("user"), results: count("tool_result"), ends: count("run_finished") }).toEqual({
    user: 1,
    results: 1,
    ends: 1,
  });
  // One call for the tool, one that the kill cost, one for the answer; the last one knows the tool's result.
  expect(model.calls.map(({ messages }) => messages.at(-1)?.role)).toEqual(["user", "tool", "tool"]);
  expect(await historyOf(settings)).toHaveLength(1);
  await session.close();
});

it("stops on SIGTERM at the next safe point and goes on after the restart", async () => {
  const asked = Promise.withResolvers<void>();
  const signalled = Promise.withResolvers<void>();
  model = await startScriptedOpenAi(async (_call, number) => {
    if (number > 1) return { text: "All of it." };
    asked.resolve();
    await signalled.promise;
    return { tool: "get_knowledge_base", arguments: "{}" };
  });
  const settings = localSettings(openAi(model));
  const stopped = await start(settings);
  const before = await connectModern(stopped.url);
  const scheduleId = await scheduleOnce(before, "Tell me all", inSeconds(2));
  await asked.promise;
  const ended = stopped.signal("SIGTERM");
  await waitFor(() => isRefused(stopped.url), "the host to stop listening");
  signalled.resolve();
  expect(await ended).toBe(0);
  // The answer that was under way is kept; the tool that it asks for is called after the restart.
  expect(model.calls).toHaveLength(1);

  const session = await connectModern((await start(settings)).url);
  const run = await finishedRun(session, scheduleId, 60);
  expect(run).toMatchObject({ outcome: "succeeded", answer: "All of it.", turns: 2, pick_ups: 2 });
  expect(model.calls).toHaveLength(2);
  expect(await historyOf(settings)).toHaveLength(1);
  await session.close();
});

it("runs every slot once although two hosts look for due schedules on one storage", async () => {
  model = await startScriptedOpenAi(() => ({ text: "Done." }));
  const settings = localSettings(openAi(model));
  const hosts = [await start(settings), await start(settings)];
  const session = await connectModern(hosts[0]!.url);
  const prompts = Array.from({ length: 24 }, (_, number) => `Slot number ${number}`);
  const runAt = inSeconds(12);
  const ids = await Promise.all(prompts.map((prompt) => scheduleOnce(session, prompt, runAt)));
  const runs = await waitFor(
    async () => {
      const { runs: ended } = await session.call("list_runs", { state: "ended", limit: 100 });
      return (ended as RunView[]).length >= ids.length && (ended as RunView[]);
    },
    "the end of all runs",
    90,
  );

  expect(runs.map(({ schedule_id }) => schedule_id).sort()).toEqual([...ids].sort());
  expect(runs.map(({ outcome, pick_ups }) => ({ outcome, pick_ups }))).toEqual(
    prompts.map(() => ({ outcome: "succeeded", pick_ups: 1 })),
  );
  const asked = model.calls.map(({ messages }) => messages.at(-1)?.content).sort();
  expect(asked).toEqual([...prompts].sort());
  expect(await historyOf(settings)).toHaveLength(prompts.length);
  await session.close();
});

const isRefused = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );

/** Names of the markers that say which runs have ended, straight from storage. */
async function historyOf(settings: Record<string, string>): Promise<string[]> {
  const connectionString = settings.AzureWebJobsStorage ?? "";
  const clocks = { localNow: () => Date.now(), monotonic: () => performance.now() };
  const blobs = createAzureStorage({ connectionString }, clocks).blobs(settings.STORAGE_CONTAINER ?? "");
  const page = await blobs.listPage({ prefix: historyPrefix("local"), limit: 1000 });
  return page.blobs.map(({ name }) => name);
}
