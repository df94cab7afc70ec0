import { QueueServiceClient } from "@azure/storage-queue";
import { inject } from "vitest";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { describeBlobsContract } from "../contracts/blobs-contract.ts";
import { describeConversationLogContract } from "../contracts/conversation-log-contract.ts";
import { describeDueMarkersContract } from "../contracts/due-markers-contract.ts";
import { describeQueueContract } from "../contracts/queue-contract.ts";
import { describeRunStoreContract } from "../contracts/run-store-contract.ts";
import { describeScheduleStoreContract } from "../contracts/schedule-store-contract.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const storage = createTestStorage();
const blobs = () => storage.blobs(freshName());
const ids = createSequentialIds();

describeBlobsContract("azurite", blobs);
describeScheduleStoreContract("azurite", () => createScheduleStore(blobs(), ids));
describeRunStoreContract("azurite", () => createRunStore(blobs(), ids));
describeDueMarkersContract("azurite", () => createDueMarkers(blobs(), { record: () => undefined }));
describeConversationLogContract("azurite", () => createConversationLog(blobs(), ids, { leaseSeconds: 60 }));
describeQueueContract("azurite", () => {
  const name = freshName();
  const client = QueueServiceClient.fromConnectionString(inject("storageConnectionString")).getQueueClient(name);
  return {
    queue: storage.queue(name),
    async receive() {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString());
    },
  };
});
