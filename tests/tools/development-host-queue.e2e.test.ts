import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Azurite, startAzurite } from "../../tools/azurite.ts";
import type { RegisteredFunction } from "../../tools/development-host/core.ts";
import type { Invoke } from "../../tools/development-host/invocation.ts";
import { createQueueListener } from "../../tools/development-host/queue.ts";
import { waitFor } from "../support/wait-for.ts";

const settings = {
  batchSize: 2,
  newBatchThreshold: 1,
  maxDequeueCount: 2,
  maxPollingInterval: 1,
  visibilityTimeout: 0,
  messageEncoding: "none",
} as const;

describe("development host, work on queue messages", () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
    process.env.QUEUE_TEST_STORAGE = azurite.connectionString;
  });
  afterAll(() => azurite.stop());

  async function start(queueName: string, messages: string[], invoke: Invoke, hideSeconds?: number) {
    const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(queueName);
    await queue.createIfNotExists();
    for (const message of messages) await queue.sendMessage(message);
    const trigger = { type: "queueTrigger", direction: "in", queueName, connection: "QUEUE_TEST_STORAGE" } as const;
    const fn: RegisteredFunction = {
      name: "work",
      metadata: { name: "work", bindings: { trigger } },
      callback: () => undefined,
      triggerName: "trigger",
      trigger,
    };
    const listener = createQueueListener({
      fn,
      settings,
      invoke,
      log: () => undefined,
      ...(hideSeconds && { hideSeconds }),
    });
    listener.start();
    const count = async () => (await queue.getProperties()).approximateMessagesCount;
    return { listener, queue, count };
  }

  it("fills up as messages end, one by one, to batchSize + newBatchThreshold at a time", async () => {
    const running = new Map<string, () => void>();
    let most = 0;
    const { listener, count } = await start("concurrency", ["1", "2", "3", "4", "5", "6"], (_, { input }) => {
      const { promise, resolve } = Promise.withResolvers<{ value: unknown; response: object }>();
      running.set(input.string!, () => resolve({ value: undefined, response: {} }));
      most = Math.max(most, running.size);
      return promise.finally(() => running.delete(input.string!));
    });
    const end = (message: string) => running.get(message)!();

    // Two, which is above the threshold: no more are fetched until one ends.
    await waitFor(() => running.size === 2, "the first batch");
    const [stuck, ends] = [...running.keys()];
    end(ends!);
    await waitFor(() => running.size === 3, "the next batch beside the message that is stuck");
    for (let left = 3; left >= 0; left -= 1) {
      const message = await waitFor(() => [...running.keys()].find((one) => one !== stuck), "the rest");
      end(message);
      await waitFor(() => !running.has(message), `${message} to end`);
    }
    expect([...running.keys()]).toEqual([stuck]);
    expect(most).toBe(settings.batchSize + settings.newBatchThreshold);
    end(stuck!);
    await waitFor(async () => (await count()) === 0, "the queue to be empty");
    await listener.stop();
  });

  it("keeps a message hidden as long as it is worked on, and deletes it with the receipt that is then valid", async () => {
    let calls = 0;
    const started = Date.now();
    const { listener, count } = await start(
      "renewal",
      ["long"],
      async () => {
        calls += 1;
        await waitFor(() => Date.now() - started > 4500, "more than twice the hiding time");
        return { value: undefined, response: {} };
      },
      2,
    );

    await waitFor(async () => (await count()) === 0, "the message to be deleted");
    expect(calls).toBe(1);
    await listener.stop();
  });

  it("hides a message for ten minutes, whatever visibilityTimeout is", async () => {
    const hold = Promise.withResolvers<{ value: unknown; response: object }>();
    const called = Promise.withResolvers<string>();
    const { listener, queue } = await start("hidden", ["held"], (_, { triggerMetadata }) => {
      called.resolve(triggerMetadata?.NextVisibleTime?.json ?? "");
      return hold.promise;
    });

    const visibleAgain = new Date(JSON.parse(await called.promise));
    expect((visibleAgain.getTime() - Date.now()) / 1000).toBeGreaterThan(590);
    expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
    hold.resolve({ value: undefined, response: {} });
    await listener.stop();
  });

  it("moves a message that killed its workers to the poison queue, without another attempt", async () => {
    const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
    const queue = service.getQueueClient("killed");
    await queue.create();
    await queue.sendMessage("deadly");
    // Workers that took it and died: nobody reported a failure, but storage has counted them.
    for (let attempt = 1; attempt <= settings.maxDequeueCount; attempt += 1) {
      const [message] = (await queue.receiveMessages()).receivedMessageItems;
      await queue.updateMessage(message!.messageId, message!.popReceipt, undefined, 0);
    }
    let calls = 0;
    const { listener } = await start("killed", [], async () => {
      calls += 1;
      return { value: undefined, response: {} };
    });

    const poison = service.getQueueClient("killed-poison");
    const peek = () => poison.peekMessages().catch(() => undefined);
    const moved = await waitFor(async () => (await peek())?.peekedMessageItems[0], "the message in the poison queue");
    expect(moved.messageText).toBe("deadly");
    expect(calls).toBe(0);
    await listener.stop();
  });

  it("leaves a failing message of a poison queue hidden, since it has nowhere else to go", async () => {
    let calls = 0;
    const { listener, queue, count } = await start("failing-poison", ["worse"], async () => {
      calls += 1;
      throw new Error("the poison function fails");
    });

    await waitFor(() => calls === 1, "the first attempt");
    await listener.stop();
    expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
    expect(await count()).toBe(1);
    expect(calls).toBe(1);
  });
});
