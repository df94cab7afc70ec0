import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { describe, expect, it } from "vitest";
import { startAzurite } from "../../tools/azurite.ts";
import { waitFor } from "../support/wait-for.ts";

const retryOptions = { maxTries: 1 };

describe("Azurite", () => {
  it("serves blobs and queues at its connection string when it is started, and neither when it is stopped", async () => {
    const azurite = await startAzurite();
    const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString, { retryOptions });
    const queues = QueueServiceClient.fromConnectionString(azurite.connectionString, { retryOptions });
    await blobs.getContainerClient("things").create();
    await queues.getQueueClient("things").create();
    expect(blobs.url).toContain(azurite.blobUrl);
    expect(queues.url).toContain(azurite.queueUrl);

    await azurite.stop();
    await azurite.stop();
    await expect(blobs.getContainerClient("things").exists()).rejects.toThrow();
    expect(isAlive(azurite.pid)).toBe(false);
  });

  it("keeps the data of a folder from one start to the next", async () => {
    const location = await mkdtemp(join(tmpdir(), "azurite-"));
    const first = await startAzurite({ location });
    await BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient("kept").create();
    await QueueServiceClient.fromConnectionString(first.connectionString).getQueueClient("kept").create();
    await first.stop();

    const second = await startAzurite({ location });
    const blobs = BlobServiceClient.fromConnectionString(second.connectionString);
    const queues = QueueServiceClient.fromConnectionString(second.connectionString);
    expect(await blobs.getContainerClient("kept").exists()).toBe(true);
    expect(await queues.getQueueClient("kept").getProperties()).toBeDefined();
    await second.stop();
  });

  it("says which port is taken", async () => {
    const first = await startAzurite();
    const blobPort = Number(new URL(first.blobUrl).port);

    await expect(startAzurite({ blobPort })).rejects.toThrow(`Port ${blobPort} is in use, perhaps by another Azurite.`);
    await first.stop();
  });

  it.concurrent.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "ends when its parent is ended by %s, its data written",
    async (signal) => {
      const { parent, pid, connectionString, location } = await startInAnotherProcess(
        "await new Promise(() => setInterval(() => {}, 1000));",
      );
      await BlobServiceClient.fromConnectionString(connectionString).getContainerClient("kept").create();
      parent.kill(signal);

      await waitFor(() => !isAlive(pid), "Azurite to end");
      const again = await startAzurite({ location });
      expect(
        await BlobServiceClient.fromConnectionString(again.connectionString).getContainerClient("kept").exists(),
      ).toBe(true);
      await again.stop();
    },
  );

  it.concurrent.each([
    ["throws", 'throw new Error("planned");'],
    ["has nothing left to do", ""],
  ])("ends when its parent %s", async (_, code) => {
    const { pid } = await startInAnotherProcess(code);
    await waitFor(() => !isAlive(pid), "Azurite to end");
  });
});

async function startInAnotherProcess(codeAfter: string) {
  const location = await mkdtemp(join(tmpdir(), "azurite-"));
  const module = new URL("../../tools/azurite.ts", import.meta.url).href;
  const code = `
    const { startAzurite } = await import(${JSON.stringify(module)});
    const { pid, connectionString } = await startAzurite({ location: ${JSON.stringify(location)} });
    console.log(JSON.stringify({ pid, connectionString }));
    ${codeAfter}`;
  const parent: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(parent.stdout!, "data");
  const { pid, connectionString } = JSON.parse(String(line));
  return { parent, pid: Number(pid), connectionString: String(connectionString), location };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
