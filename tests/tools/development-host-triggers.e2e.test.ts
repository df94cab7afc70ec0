import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Azurite, startAzurite } from "../../tools/azurite.ts";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { waitFor } from "../support/wait-for.ts";
import { buildSampleApp } from "./sample-app.ts";

const never = "0 0 0 1 1 *";

let azurite: Azurite;
let directory: string;
let queueNumber = 0;
const hosts: HostProcess[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  directory = await buildSampleApp("triggers", {
    maxDequeueCount: 3,
    maxPollingInterval: "00:00:01",
    visibilityTimeout: "00:00:01",
  });
}, 60_000);
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.signal("SIGKILL");
});
afterAll(() => azurite.stop());

async function startHost(settings: Record<string, string> = {}): Promise<HostProcess> {
  const host = await startHostProcess(directory, {
    AzureWebJobsStorage: azurite.connectionString,
    SAMPLE_SCHEDULE: never,
    SAMPLE_QUEUE: `work-${queueNumber}`,
    ...settings,
  });
  hosts.push(host);
  return host;
}

async function newQueue() {
  queueNumber += 1;
  const queue = queueNamed(`work-${queueNumber}`);
  await queue.create();
  return {
    send: (message: object, visibilityTimeout = 0) =>
      queue.sendMessage(Buffer.from(JSON.stringify(message)).toString("base64"), { visibilityTimeout }),
    queue,
  };
}

const queueNamed = (name: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);

/** Counts hidden messages too. */
const isEmpty = async (queue: ReturnType<typeof queueNamed>) =>
  (await queue.getProperties()).approximateMessagesCount === 0;

describe("development host, timer", () => {
  it("fires on its schedule, goes on after a failure and never overlaps itself", async () => {
    const host = await startHost({ SAMPLE_SCHEDULE: "* * * * * *" });
    await host.line("tick 3 ends");

    const ticks = host.lines
      .filter((line) => line.startsWith("tick "))
      .map((line) => line.split(" ").slice(0, 3).join(" "));
    expect(ticks.slice(0, 6)).toEqual([1, 2, 3].flatMap((tick) => [`tick ${tick} begins`, `tick ${tick} ends`]));
    expect(await host.line("tick 1 begins")).toContain("pastDue=false");
    await host.line("the first tick fails");
    // Success is silent: a tick every few seconds would flood a terminal.
    expect(host.lines.filter((line) => line.includes("'tick'") && line.includes("Succeeded"))).toEqual([]);
  });

  it("fires at the start with runOnStartup, long before its schedule", async () => {
    const host = await startHost({ SAMPLE_RUN_ON_STARTUP: "1" });
    await host.line("tick 1 begins");
  });
});

describe("development host, queue", () => {
  it("hands over a message and deletes it", async () => {
    const { queue, send } = await newQueue();
    const host = await startHost();
    await send({ id: "one" });

    expect(await host.line("work one attempt")).toContain("attempt 1");
    await waitFor(() => isEmpty(queue), "the queue to be empty");
  });

  it("waits for a queue that does not exist yet, without a word", async () => {
    queueNumber += 1;
    const host = await startHost();
    const queue = queueNamed(`work-${queueNumber}`);
    await queue.create();
    await queue.sendMessage(Buffer.from('{"id":"late"}').toString("base64"));

    await host.line("work late");
    expect(host.lines.filter((line) => line.includes("storage"))).toEqual([]);
  });

  it("tries a failing message maxDequeueCount times, then moves it to the poison queue, whose function gets it", async () => {
    const { queue, send } = await newQueue();
    const host = await startHost();
    await send({ id: "bad", fails: true });

    await host.line("poison bad");
    await host.line("was tried 3 times and moved");
    const attempts = host.lines.filter((line) => line.startsWith("work bad"));
    expect(attempts.map((line) => line.split(" ")[3])).toEqual(["1", "2", "3"]);
    expect(await isEmpty(queue)).toBe(true);
    const moments = attempts.map((line) => Number(line.split(" ")[5]));
    expect(moments[1]! - moments[0]!, "visibilityTimeout after a failure").toBeGreaterThan(900);
  });

  it("moves a message that is not Base64 to the poison queue at once", async () => {
    const { queue } = await newQueue();
    const host = await startHost();
    await queue.sendMessage("{not base64}");

    await host.line("was tried 1 times and moved");
    await waitFor(() => isEmpty(queue), "the queue to be empty");
  });

  it("gives a delayed message not before its moment", async () => {
    const { send } = await newQueue();
    const host = await startHost();
    const earliest = Date.now() + 2000;
    await send({ id: "delayed" }, 2);

    const moment = Number((await host.line("work delayed")).split(" at ")[1]);
    // Storage counts whole seconds from the moment it took the message in.
    expect(moment).toBeGreaterThanOrEqual(earliest - 50);
  });

  it("shares a queue between two hosts, each message once", async () => {
    const { queue, send } = await newQueue();
    const [first, second] = await Promise.all([startHost(), startHost()]);
    const ids = Array.from({ length: 40 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((id) => send({ id, waits: true })));

    const idsOf = (host: HostProcess) => host.lines.flatMap((line) => /^work (m\d+) attempt/.exec(line)?.[1] ?? []);
    // No work ends, and one host has room for 24: a batch of 16 on top of the 8 at which it asks for more.
    await waitFor(() => [first, second].every((host) => idsOf(host).length > 8), "both hosts to be busy");
    await Promise.all([first, second].map((host) => host.signal("SIGTERM")));
    const taken = [...idsOf(first), ...idsOf(second)];
    expect(new Set(taken).size, "each message once").toBe(taken.length);
    expect((await queue.getProperties()).approximateMessagesCount).toBe(ids.length - taken.length);
  });

  it("stays up while storage is away, says so once, and goes on when it is back", async () => {
    const storage = await startAzurite();
    const ports = [storage.blobUrl, storage.queueUrl].map((url) => Number(new URL(url).port));
    const host = await startHost({ AzureWebJobsStorage: storage.connectionString, SAMPLE_QUEUE: "outage" });
    await storage.stop();
    await host.line("Queue 'outage': storage is not reachable; retrying");

    const again = await startAzurite({ blobPort: ports[0]!, queuePort: ports[1]! });
    try {
      const queue = QueueServiceClient.fromConnectionString(again.connectionString).getQueueClient("outage");
      await queue.create();
      await queue.sendMessage(Buffer.from('{"id":"after"}').toString("base64"));
      await host.line("work after");
      expect(host.lines.filter((line) => line.includes("Queue 'outage': storage is not reachable"))).toHaveLength(1);
    } finally {
      await again.stop();
    }
  });
});

describe("development host, stopping", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "%s runs appTerminate, lets a running invocation end, and exits 0",
    async (signal) => {
      const { queue, send } = await newQueue();
      const host = await startHost();
      await send({ id: "long", waits: true });
      await host.line("work long");

      expect(await host.signal(signal)).toBe(0);
      expect(host.lines).toContain("terminate");
      expect(host.lines).toContain("work long stops at its safe point");
      expect(await isEmpty(queue), "the message that was worked on is deleted").toBe(true);
    },
  );

  it("takes the two signals that npm makes of one Ctrl-C as one", async () => {
    const { send } = await newQueue();
    const host = await startHost();
    await send({ id: "long", waits: true });
    await host.line("work long");

    void host.signal("SIGTERM");
    expect(await host.signal("SIGINT")).toBe(0);
    expect(host.lines).toContain("work long stops at its safe point");
  });

  it("does not wait for running work at a second wish to stop", async () => {
    const host = await startHost({ SAMPLE_RUN_ON_STARTUP: "1", SAMPLE_TICK_MS: "60000" });
    await host.line("tick 1 begins");

    const started = Date.now();
    let exitCode: number | null | undefined;
    await waitFor(() => {
      void host.signal("SIGTERM").then((code) => {
        exitCode = code;
      });
      return exitCode !== undefined;
    }, "the host to end");
    expect(exitCode).toBe(1);
    expect(Date.now() - started, "milliseconds; the limit without a second wish is 10 s").toBeLessThan(5000);
  });
});
