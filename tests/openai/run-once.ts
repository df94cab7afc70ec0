import { localPrincipal } from "../../shared/access/principal.ts";
import { minuteMs, toIso } from "../../shared/kernel/clock.ts";
import { createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { Tool } from "../../shared/tools/toolbox.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createScheduleConversation } from "../../shared/use-cases/schedule-conversation.ts";
import { createMemoryPorts } from "../support/memory-ports.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { keyOf } from "./recording.ts";

const start = Date.parse("2026-12-01T07:00:00Z");

const lookUp: Tool = {
  name: "look_up",
  description: "Looks something up.",
  inputSchema: { type: "object" },
  readOnly: true,
  server: "desk",
};

/** One run on storage in memory whose model is the real client of a server at `url`, on a clock that the test sets. */
export async function createRunOnce(url: string) {
  const time = { now: start };
  const sleepers = new Set<() => void>();
  const { ports, recorded } = createMemoryPorts({
    clock: { now: () => time.now, monotonic: () => time.now - start },
    sleep: (_milliseconds, signal) =>
      new Promise((resolve) => {
        sleepers.add(resolve);
        signal?.addEventListener("abort", () => resolve());
      }),
    intercept: async (_operation, perform) => perform(),
  });
  const toolbox = {
    list: async () => [lookUp],
    sources: async () => [],
    call: async () => ({ content: "Desk 7 is empty.", isError: false }),
  };
  const client = createOpenAiCompatibleClient({ baseUrl: `${url}/v1`, readKey: keyOf("key") });
  const model = createOpenAiModel({
    targets: createQuietTargets(),
    client,
    defaultModel: "small-model",
    events: ports.events,
  });
  const schedule = createScheduleConversation(ports, toolbox, { minimumIntervalSeconds: 60 });
  const slot = start + minuteMs;
  const request = { name: "Report", prompt: "What happened?", timing: { run_at: toIso(slot) } };
  const reference = { scheduleId: (await schedule(localPrincipal, request)).schedule.id, key: plannedRunKey(slot) };
  time.now = slot;
  const handle = createHandleRunMessage(ports, { model, toolbox, isStopping: () => false });
  const readRun = async () => (await ports.runs.read(reference))!.value;
  return {
    recorded,
    readRun,
    /** Works on the run as one message makes a worker do it. */
    async work() {
      await handle({ v: 1, ...reference });
      return readRun();
    },
    readEvents: async () => (await ports.log.readSegment((await readRun()).conversationId, 0))?.events ?? [],
    /** Seconds until the run may be tried again. */
    waitSeconds: async () => (((await readRun()).notBefore ?? time.now) - time.now) / 1000,
    /** Moves the clock; whoever sleeps wakes up. */
    pass(milliseconds: number) {
      time.now += milliseconds;
      for (const wake of sleepers) wake();
      sleepers.clear();
    },
  };
}
