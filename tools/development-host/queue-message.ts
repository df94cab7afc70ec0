import { setTimeout as sleep } from "node:timers/promises";
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { TypedData } from "./contract.ts";
import type { RegisteredFunction } from "./core.ts";
import type { Invocation, Invoke } from "./invocation.ts";
import type { Log } from "./log.ts";
import type { QueueSettings } from "./settings.ts";

export interface MessageWork {
  fn: RegisteredFunction;
  queue: QueueClient;
  poison: QueueClient | undefined;
  settings: QueueSettings;
  hideSeconds: number;
  invoke: Invoke;
  log: Log;
}

/**
 * How long the real host hides a message that it works on, whatever host.json says; it renews this half-way. A message
 * of a killed host comes back only then. `visibilityTimeout` counts after a failure.
 */
export const invisibleSeconds = 600;

/**
 * Gives one message to the function, then deletes it, puts it back, or moves it to the poison queue.
 *
 * @throws the storage's error; the message then comes back when it is no longer hidden.
 */
export async function workOnMessage(work: MessageWork, message: DequeuedMessageItem): Promise<void> {
  const { queue, settings, log } = work;
  const text = decode(message.messageText, settings.messageEncoding);
  // A worker that died counts as an attempt although nobody saw it fail.
  if (text === undefined || message.dequeueCount > settings.maxDequeueCount) {
    return giveUp(work, message, message.popReceipt);
  }
  const hidden = keepHidden(work, message);
  const succeeded = await work.invoke(work.fn, toInvocation(message, text)).then(
    () => true,
    () => false,
  );
  const receipt = await hidden.end();
  if (succeeded) {
    await queue.deleteMessage(message.messageId, receipt);
  } else if (message.dequeueCount >= settings.maxDequeueCount) {
    await giveUp(work, message, receipt);
  } else if (work.poison) {
    await queue.updateMessage(message.messageId, receipt, undefined, settings.visibilityTimeout);
    log("debug", `'${work.fn.name}' tries the message again in ${settings.visibilityTimeout} s`);
  }
}

/** A message without a poison queue to go to stays hidden, else it would fail again and again without a pause. */
async function giveUp(
  { queue, poison, log }: MessageWork,
  message: DequeuedMessageItem,
  receipt: string,
): Promise<void> {
  if (!poison) return;
  await poison.createIfNotExists();
  await poison.sendMessage(message.messageText, { messageTimeToLive: -1 });
  await queue.deleteMessage(message.messageId, receipt);
  log("warning", `Message ${message.messageId} was tried ${message.dequeueCount} times and moved to '${poison.name}'`);
}

/** Renews the message half-way until `end`, which gives the receipt that is then valid. */
function keepHidden({ queue, hideSeconds, log }: MessageWork, message: DequeuedMessageItem) {
  const ended = new AbortController();
  let receipt = message.popReceipt;

  async function renew(): Promise<void> {
    const half = (hideSeconds / 2) * 1000;
    await sleep(half, undefined, { signal: ended.signal }).catch(() => undefined);
    while (!ended.signal.aborted) {
      const answer = await queue
        .updateMessage(message.messageId, receipt, undefined, hideSeconds)
        .catch((error: Error) => log("warning", `Message ${message.messageId} was not renewed: ${error.message}`));
      receipt = answer?.popReceipt ?? receipt;
      // After a failure there is still time for more than one other attempt.
      await sleep(answer ? half : half / 5, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  }

  const renewing = renew();
  return {
    async end(): Promise<string> {
      ended.abort();
      await renewing;
      return receipt;
    },
  };
}

/** The message's text, or undefined when it is not the Base64 that host.json promises. */
function decode(raw: string, encoding: QueueSettings["messageEncoding"]): string | undefined {
  if (encoding === "none") return raw;
  const bytes = Buffer.from(raw, "base64");
  return bytes.toString("base64") === raw ? bytes.toString("utf8") : undefined;
}

function toInvocation(message: DequeuedMessageItem, text: string): Invocation {
  const date = (value: Date): TypedData => ({ json: JSON.stringify(value) });
  const triggerMetadata: Record<string, TypedData> = {
    QueueTrigger: { string: text },
    Id: { string: message.messageId },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: date(message.insertedOn),
    ExpirationTime: date(message.expiresOn),
    NextVisibleTime: date(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
  };
  return { input: { string: text }, triggerMetadata };
}
