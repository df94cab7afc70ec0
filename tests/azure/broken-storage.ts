import { inject } from "vitest";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import { startFaultyHttp } from "../support/faulty-http.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

export const holder = "11111111-1111-4111-8111-111111111111";

/** Limits short enough to meet them in a test; 2 attempts may be silent and a third still fits. */
export const retryRules = { attempts: 4, baseMs: 1, capMs: 4, attemptMs: 200, overallMs: 2_000 };

/** The real clients, with real sockets to a proxy that breaks what we tell it to break. */
export async function startBrokenStorage() {
  const direct = inject("storageConnectionString");
  const urlOf = (service: string) => new RegExp(`${service}Endpoint=([^;]+)`).exec(direct)?.[1] ?? "";
  const http = { blob: await startFaultyHttp(urlOf("Blob")), queue: await startFaultyHttp(urlOf("Queue")) };
  const connectionString = direct.replace(urlOf("Blob"), http.blob.url).replace(urlOf("Queue"), http.queue.url);
  const storage = createTestStorage({ retryRules }, connectionString);
  return {
    http,
    connectionString,
    storage,
    kindsSent: () => storage.takeOperations().map(({ kind }) => kind),
    /** An existing container, its faults still to come. */
    async setUp() {
      const blobs = storage.blobs(freshName());
      await blobs.write("container-exists-now", "", { condition: "always" });
      const ids = createSequentialIds();
      storage.takeOperations();
      return {
        blobs,
        schedules: createScheduleStore(blobs, ids, { record: () => undefined }),
        runs: createRunStore(blobs, ids, { record: () => undefined }),
        log: createConversationLog(blobs, ids, { leaseSeconds: 15 }),
      };
    },
    async close() {
      await http.blob.close();
      await http.queue.close();
    },
  };
}
