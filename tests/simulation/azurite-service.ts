import { randomUUID } from "node:crypto";
import { QueueClient } from "@azure/storage-queue";
import { createAzureStorage } from "../../shared/azure/storage/azure-storage.ts";
import type { Blobs } from "../../shared/azure/storage/blobs.ts";
import type { MemoryBlobs } from "../support/memory-blobs.ts";
import type { Intercept, StorageService } from "../support/memory-ports.ts";
import { createMemoryQueue } from "../support/memory-queue.ts";

type Method = Exclude<keyof Blobs, "listPage">;

/**
 * The real clients against Azurite, one container and one queue for each world. Time is the world's: leases end on its
 * clock, blobs are dated by it, and messages are seen by it; all else is what the service does.
 */
export function createAzuriteService(connectionString: string): StorageService {
  return ({ now, intercept, onChange = () => undefined, deliverAfter }) => {
    const name = `s-${randomUUID()}`;
    const storage = createAzureStorage(
      { connectionString },
      { localNow: () => Date.now(), monotonic: () => performance.now() },
    );
    const real = onWorldTime(storage.blobs(name), now, onChange);
    const carry = createCarrier(connectionString, name, storage.queue(name));
    const messages = createMemoryQueue({
      now,
      deliverAfter,
      intercept: (text, perform) =>
        // The world's own send is done once the message has come back from the real queue.
        intercept({ kind: "send", name: text }, async () => {
          await carry(text);
          perform();
        }).then((done) => done),
    });
    return { blobs: intercepted(real, intercept), messages };
  };
}

/** Sends a message to the real queue and takes it out again. */
function createCarrier(
  connectionString: string,
  name: string,
  queue: { send(text: string, s: number): Promise<void> },
) {
  const client = new QueueClient(connectionString, name);
  return async (text: string): Promise<void> => {
    await queue.send(text, 0);
    const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
    const texts = receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString());
    if (!texts.includes(text)) throw new Error(`The queue lost a message: ${text}`);
    for (const { messageId, popReceipt } of receivedMessageItems) await client.deleteMessage(messageId, popReceipt);
  };
}

interface Lease {
  readonly id: string;
  readonly seconds: number;
  until: number;
}

/** A lease that has run out on the world's clock is let go of before somebody else asks for it. */
function onWorldTime(
  real: Blobs,
  now: () => number,
  onChange: NonNullable<Parameters<StorageService>[0]["onChange"]>,
): Blobs {
  const leases = new Map<string, Lease>();
  const createdAt = new Map<string, number>();
  const born = (name: string) => void (createdAt.has(name) || createdAt.set(name, Math.floor(now() / 1000) * 1000));
  return {
    ...real,
    async write(name, content, options) {
      const result = await real.write(name, content, options);
      if (result.outcome === "written") {
        born(name);
        onChange({ kind: "written", name, text: Buffer.from(content).toString("utf8") });
      }
      return result;
    },
    async remove(name, options) {
      const result = await real.remove(name, options);
      if (result === "removed") {
        createdAt.delete(name);
        onChange({ kind: "removed", name });
      }
      return result;
    },
    async listPage(query) {
      const page = await real.listPage(query);
      return { ...page, blobs: page.blobs.map((blob) => ({ ...blob, createdAt: createdAt.get(blob.name) ?? now() })) };
    },
    async createAppend(name, metadata) {
      const result = await real.createAppend(name, metadata);
      if (result === "created") onChange({ kind: "appended", name, text: "" });
      return result;
    },
    async append(name, bytes, position) {
      const result = await real.append(name, bytes, position);
      if (result.outcome === "written") onChange({ kind: "appended", name, text: Buffer.from(bytes).toString("utf8") });
      return result;
    },
    async acquireLease(name, id, seconds) {
      const lease = leases.get(name);
      if (lease !== undefined && lease.id !== id && lease.until <= now()) await real.releaseLease(name, lease.id);
      const result = await real.acquireLease(name, id, seconds);
      if (result === "held") leases.set(name, { id, seconds, until: now() + seconds * 1000 });
      return result;
    },
    async renewLease(name, id) {
      const result = await real.renewLease(name, id);
      const lease = leases.get(name);
      if (result === "held" && lease !== undefined) lease.until = now() + lease.seconds * 1000;
      return result;
    },
    async releaseLease(name, id) {
      const result = await real.releaseLease(name, id);
      if (result === "released") leases.delete(name);
      return result;
    },
  };
}

/** Every call is a step of the world. */
function intercepted(real: Blobs, intercept: Intercept): MemoryBlobs {
  const on =
    <Name extends Method>(kind: Name) =>
    (...words: Parameters<Blobs[Name]>) =>
      intercept({ kind, name: words[0] }, () => (real[kind] as (...all: typeof words) => unknown)(...words)) as never;
  return {
    names: () => [],
    read: on("read"),
    readBytes: on("readBytes"),
    readRange: on("readRange"),
    properties: on("properties"),
    write: on("write"),
    remove: on("remove"),
    createAppend: on("createAppend"),
    append: on("append"),
    acquireLease: on("acquireLease"),
    renewLease: on("renewLease"),
    releaseLease: on("releaseLease"),
    listPage: (query) => intercept({ kind: "listPage", name: query.prefix }, () => real.listPage(query)) as never,
  };
}
