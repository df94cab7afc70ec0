import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createBackend } from "../../shared/backend/backend.ts";
import { createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { createNotifier } from "../../shared/webhooks/notifier.ts";
import { ask } from "../openai/recording.ts";
import { createClient, slotOf } from "../scheduler/scheduler-client.ts";
import { startBackend } from "../support/backend.ts";
import { startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { startReceiver } from "../support/receiver.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { createToolClient, webServer } from "../support/tool-client.ts";
import { startToolServer, text } from "../support/tool-server.ts";

/** How many connections a client makes: passes bytes on to a server and counts. */
async function startCounter(url: string) {
  const target = new URL(url);
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((incoming) => {
    connections++;
    const outgoing = connect(Number(target.port), target.hostname);
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname.replace(/\/$/, "")}`,
    count: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** Connections after the first call, and how many more the second one made. */
async function connectionsOf(count: () => number, call: () => Promise<unknown>): Promise<readonly [number, number]> {
  await call();
  // The connection of an answer is free with the next turn of the event loop.
  await setImmediate();
  const first = count();
  await call();
  await setImmediate();
  return [first, count() - first];
}

const silent = { record: () => undefined };

it("to the model is kept for the next call", async () => {
  const server = await startOpenAiFaults();
  server.answerWith({ status: 200, body: { choices: [{ message: { content: "Done." } }] } });
  await using counter = await startCounter(server.url);
  const client = createOpenAiCompatibleClient({ baseUrl: counter.url });
  const model = createOpenAiModel({ client, defaultModel: "m", events: silent, targets: createQuietTargets() });
  const call = async () => expect(await model.complete(ask("hello"))).toMatchObject({ ok: true });
  expect(await connectionsOf(counter.count, call)).toEqual([1, 0]);
  await server.close();
});

it("to the backend is kept for the next call, after a refusal too", async () => {
  await using served = await startBackend();
  await using counter = await startCounter(served.url);
  const { signal } = new AbortController();
  const targets = createQuietTargets();
  const backend = createBackend({ url: counter.url, timeoutMs: 5000, token: undefined, targets });
  const refused = () => expect(backend.readUser("nobody", false, signal)).rejects.toThrow("nobody");
  expect(await connectionsOf(counter.count, refused)).toEqual([1, 0]);
  expect(await connectionsOf(counter.count, () => backend.probe(signal))).toEqual([1, 0]);
});

it("to the Scheduler is kept from the sign-in on", async () => {
  await using scheduler = await startScheduler();
  await using counter = await startCounter(scheduler.url);
  await using client = createClient({ ...scheduler, url: counter.url });
  expect(await connectionsOf(counter.count, () => client.alarm.arm(slotOf("daily")))).toEqual([expect.any(Number), 0]);
});

it("to an MCP server is kept for the next call", async () => {
  await using server = await startToolServer([{ name: "look", answer: () => text("seen") }]);
  await using counter = await startCounter(server.url);
  await using client = createToolClient([webServer(counter.url)]);
  const call = async () => expect(await client.call("web__look")).toMatchObject({ isError: false });
  expect(await connectionsOf(counter.count, call)).toEqual([expect.any(Number), 0]);
});

it("to a receiver of notifications is made for each letter", async () => {
  await using receiver = await startReceiver();
  await using counter = await startCounter(receiver.url);
  const targets = createQuietTargets();
  const notifier = createNotifier({ readSecret: undefined, isLocal: true, events: silent, targets });
  const letter = { id: "run_1", url: counter.url, isOperators: true, sentAt: Date.now(), body: "{}" };
  const call = async () => expect(await notifier.deliver(letter)).toMatchObject({ kind: "delivered" });
  expect(await connectionsOf(counter.count, call)).toEqual([1, 1]);
});
