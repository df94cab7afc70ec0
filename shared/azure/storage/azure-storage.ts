import { BlobServiceClient, newPipeline as newBlobPipeline } from "@azure/storage-blob";
import { newPipeline as newQueuePipeline, QueueServiceClient } from "@azure/storage-queue";
import type { Clock } from "../../kernel/clock.ts";
import { createRetry, type RetryRules } from "../../resilience/retry.ts";
import { createAzureBlobs } from "./azure-blobs.ts";
import { createAzureQueue } from "./azure-queue.ts";
import type { Blobs } from "./blobs.ts";
import type { Queue } from "./queue.ts";
import { createServiceClock, type LocalClocks } from "./service-clock.ts";
import { isTransient, retryAfterMs } from "./storage-failure.ts";
import { createWiretap, type StorageOperation, type WiretapOptions } from "./wiretap.ts";

type Credential = BlobServiceClient["credential"];

/** How the setting AzureWebJobsStorage names the account: with a key, or by address with an identity. */
export type StorageConnection =
  | { readonly connectionString: string }
  | { readonly accountName: string; readonly credential: Credential }
  | { readonly blobServiceUri: string; readonly queueServiceUri: string; readonly credential: Credential };

export interface AzureStorageOptions extends LocalClocks {
  readonly retryRules?: RetryRules;
  /** 0 <= random() < 1, for the jitter of retries. */
  readonly random?: () => number;
  /** Called for each HTTP request that is sent: what a step costs. */
  readonly onOperation?: (operation: StorageOperation) => void;
}

export interface AzureStorage {
  /** The service's time, learned from every reply. */
  readonly clock: Clock;
  readonly blobs: (container: string) => Blobs;
  readonly queue: (name: string) => Queue;
}

/**
 * 10 s an attempt: a small request takes milliseconds, and one without an answer after 10 s gets none (the SDK's own
 * tryTimeoutInMs only asks the server to hurry and never ends a silent connection). 30 s in all: a lease of 60 s that is
 * renewed every 20 s is then renewed, or known to be lost, before it ends. The SDK retries neither 429 nor by
 * Retry-After, so its retries are off and these are the only ones.
 */
const defaultRetryRules: RetryRules = {
  attempts: 4,
  baseMs: 250,
  capMs: 4_000,
  attemptMs: 10_000,
  overallMs: 30_000,
};

/** Clients for one storage account. Sends nothing: containers and queues are created by the first use that misses them. */
export function createAzureStorage(connection: StorageConnection, options: AzureStorageOptions): AzureStorage {
  const { retryRules = defaultRetryRules, random = Math.random, monotonic, onOperation } = options;
  const { blobUrl, queueUrl, credential } = endpointsOf(connection);
  const { clock, observe } = createServiceClock(options);
  const retry = createRetry(retryRules, { isTransient, retryAfterMs, random });
  const wiretap = (service: WiretapOptions["service"], serviceUrl: string) =>
    createWiretap({ service, serviceUrl, monotonic, onReply: observe, onOperation });

  const blobPipeline = newBlobPipeline(credential, onlyOneTry);
  blobPipeline.factories.push(wiretap("blob", blobUrl));
  const blobService = new BlobServiceClient(blobUrl, blobPipeline);
  const queuePipeline = newQueuePipeline(credential, onlyOneTry);
  queuePipeline.factories.push(wiretap("queue", queueUrl));
  const queueService = new QueueServiceClient(queueUrl, queuePipeline);
  return {
    clock,
    blobs: (container) => createAzureBlobs(blobService.getContainerClient(container), retry),
    queue: (name) => createAzureQueue(queueService.getQueueClient(name), retry),
  };
}

const onlyOneTry = { retryOptions: { maxTries: 1 } };

function endpointsOf(connection: StorageConnection): { blobUrl: string; queueUrl: string; credential: Credential } {
  if ("connectionString" in connection) {
    const { url, credential } = BlobServiceClient.fromConnectionString(connection.connectionString);
    return {
      blobUrl: url,
      queueUrl: QueueServiceClient.fromConnectionString(connection.connectionString).url,
      credential,
    };
  }
  const { credential } = connection;
  if ("blobServiceUri" in connection) {
    return { blobUrl: connection.blobServiceUri, queueUrl: connection.queueServiceUri, credential };
  }
  const urlOf = (service: string) => `https://${connection.accountName}.${service}.core.windows.net`;
  return { blobUrl: urlOf("blob"), queueUrl: urlOf("queue"), credential };
}
