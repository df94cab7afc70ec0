import type { QueueClient } from "@azure/storage-queue";
import type { Retry } from "../../resilience/retry.ts";
import type { Queue } from "./queue.ts";
import { createStorageCall } from "./storage-call.ts";

/** One queue of Azure Queue Storage. Text goes as base64, which is what a queue trigger expects by default. */
export function createAzureQueue(queue: QueueClient, retry: Retry): Queue {
  const call = createStorageCall(retry, {
    missing: "QueueNotFound",
    create: (abortSignal) => queue.createIfNotExists({ abortSignal }),
  });
  return {
    async send(text, delaySeconds) {
      const options = { visibilityTimeout: delaySeconds, messageTimeToLive: neverExpires };
      const base64 = Buffer.from(text).toString("base64");
      await call((abortSignal) => queue.sendMessage(base64, { ...options, abortSignal }));
    },
  };
}

/** The service's word for it; without, a message is gone after 7 days. */
const neverExpires = -1;
