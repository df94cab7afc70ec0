import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { RegisteredFunction } from "./core.ts";
import type { Invoke } from "./invocation.ts";
import type { Log } from "./log.ts";
import { invisibleSeconds, type MessageWork, workOnMessage } from "./queue-message.ts";
import { type QueueSettings, resolveSettings } from "./settings.ts";
import { openQueueService } from "./storage.ts";

const queueTrigger = z.object({ queueName: z.string(), connection: z.string().default("AzureWebJobsStorage") });

const firstPauseMs = 100;

export interface QueueListener {
  start(): void;
  /** Receives no more; resolves when the messages being worked on are done with. */
  stop(): Promise<void>;
}

export interface QueueListenerOptions {
  fn: RegisteredFunction;
  settings: QueueSettings;
  invoke: Invoke;
  log: Log;
  /** How long a message being worked on is hidden from other hosts, in seconds; tests shorten it. */
  hideSeconds?: number;
}

/**
 * Hands the messages of a queue to its function, as many at a time as the real host: a new batch of `batchSize` is
 * fetched as soon as no more than `newBatchThreshold` messages are being worked on.
 *
 * A queue that does not exist yet is waited for; a storage that fails is waited for too, and logged once.
 *
 * @throws StartError when the connection's settings are not set.
 */
export function createQueueListener(options: QueueListenerOptions): QueueListener {
  const { fn, settings, log, hideSeconds = invisibleSeconds } = options;
  const work = openQueue(options);
  const inProgress = new Set<Promise<void>>();
  const stopped = new AbortController();
  const storage = storageLog(work.queue.name, log);
  let listening: Promise<void> | undefined;

  /** Starts work on what the queue has; false when there was nothing. */
  async function receive(): Promise<boolean> {
    const { receivedMessageItems: messages } = await work.queue.receiveMessages({
      numberOfMessages: settings.batchSize,
      visibilityTimeout: hideSeconds,
    });
    for (const message of messages) {
      // What arrives while the host stops goes back at once, else nobody would see it for ten minutes.
      const done = stopped.signal.aborted
        ? work.queue.updateMessage(message.messageId, message.popReceipt, undefined, 0)
        : workOnMessage(work, message);
      const task: Promise<void> = done
        .then(
          () => undefined,
          (error: Error) => log("warning", `Message ${message.messageId}: ${error.message}`),
        )
        .finally(() => inProgress.delete(task));
      inProgress.add(task);
    }
    return messages.length > 0;
  }

  async function listen(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!stopped.signal.aborted) {
      if (inProgress.size > settings.newBatchThreshold) {
        await Promise.race(inProgress);
        continue;
      }
      const found = await receive().then(storage.answered, storage.failed);
      pauseMs = found ? firstPauseMs : Math.min(pauseMs * 2, settings.maxPollingInterval * 1000);
      if (!found) await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  return {
    start() {
      log("debug", `'${fn.name}' listens to the queue '${work.queue.name}'`);
      listening = listen();
    },
    async stop() {
      stopped.abort();
      // A loop that waits for a free place ends with the first message that is done.
      await Promise.all([listening, ...inProgress]);
      await Promise.all(inProgress);
    },
  };
}

function openQueue({ fn, settings, invoke, log, hideSeconds = invisibleSeconds }: QueueListenerOptions): MessageWork {
  const { queueName, connection } = queueTrigger.parse(fn.trigger);
  const service = openQueueService(connection);
  const name = resolveSettings(queueName);
  return {
    fn,
    settings,
    invoke,
    log,
    hideSeconds,
    queue: service.getQueueClient(name),
    // A poison queue has no poison queue of its own, as in the real host.
    poison: name.endsWith("-poison") ? undefined : service.getQueueClient(`${name}-poison`),
  };
}

/** Says once that the storage fails, and once that it is back. */
function storageLog(queue: string, log: Log) {
  let reported = false;
  return {
    answered(found: boolean): boolean {
      if (reported) log("information", `Queue '${queue}': storage is back`);
      reported = false;
      return found;
    },
    failed(error: unknown): false {
      const missing = error instanceof Error && "statusCode" in error && error.statusCode === 404;
      if (missing || reported) return false;
      reported = true;
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      log("warning", `Queue '${queue}': storage is not reachable; retrying (${reason})`);
      return false;
    },
  };
}
