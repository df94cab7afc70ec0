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
import { createMemoryBlobs } from "../support/memory-blobs.ts";
import { createMemoryQueue } from "../support/memory-queue.ts";
import { sampleSlot } from "../support/sample-records.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const now = () => sampleSlot;
const blobs = () => createMemoryBlobs({ now });
const ids = createSequentialIds();
const events = { record: () => undefined };

describeBlobsContract("memory", blobs);
describeScheduleStoreContract("memory", () => createScheduleStore(blobs(), ids, events));
describeRunStoreContract("memory", () => createRunStore(blobs(), ids, events));
describeApprovalStoreContract("memory", () => createApprovalStore(blobs(), ids, events));
describeDueMarkersContract("memory", () => createDueMarkers(blobs(), events));
describeConversationLogContract("memory", () => createConversationLog(blobs(), ids, { leaseSeconds: 60 }));
describeQuarantineContract("memory", () => {
  const container = blobs();
  return { blobs: container, quarantine: createQuarantine(container, { now, monotonic: now }) };
});
describeQueueContract("memory", () => {
  const queue = createMemoryQueue({ now });
  const taken = () => queue.take()?.text;
  return { queue, receive: async () => [taken()].filter((text) => text !== undefined) };
});
