import { QueueServiceClient } from "@azure/storage-queue";
import { inject } from "vitest";
import { createApprovalStore } from "../../shared/azure/storage/approval-store.ts";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createQuarantine } from "../../shared/azure/storage/quarantine.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { describeApprovalStoreContract } from "../contracts/approval-store-contract.ts";
import { describeBlobsContract } from "../contracts/blobs-contract.ts";
import { describeConversationLogContract } from "../contracts/conversation-log-contract.ts";
import { describeDueMarkersContract } from "../contracts/due-markers-contract.ts";
import { describeQuarantineContract } from "../contracts/quarantine-contract.ts";
import { describeQueueContract } from "../contracts/queue-contract.ts";
import { describeRunStoreContract } from "../contracts/run-store-contract.ts";
import { describeScheduleStoreContract } from "../contracts/schedule-store-contract.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const storage = createTestStorage();
const blobs = () => storage.blobs(freshName());
const ids = createSequentialIds();
const events = { record: () => undefined };

describeBlobsContract("azurite", blobs);
describeScheduleStoreContract("azurite", () => createScheduleStore(blobs(), ids, events));
describeRunStoreContract("azurite", () => createRunStore(blobs(), ids, events));
describeApprovalStoreContract("azurite", () => createApprovalStore(blobs(), ids, events));
describeDueMarkersContract("azurite", () => createDueMarkers(blobs(), events));
describeConversationLogContract("azurite", () => createConversationLog(blobs(), ids, { leaseSeconds: 60 }));
describeQuarantineContract("azurite", () => {
  const container = blobs();
  return { blobs: container, quarantine: createQuarantine(container, storage.clock) };
});
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
