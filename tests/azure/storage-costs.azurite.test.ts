import { describe, expect, it } from "vitest";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import {
  sampleEvent,
  sampleHead,
  sampleId,
  sampleOwner,
  sampleRun,
  sampleSchedule,
} from "../support/sample-records.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const holder = "11111111-1111-4111-8111-111111111111";

describe("each step costs the requests that its port promises", () => {
  it("schedules, markers, runs, log and queue", async () => {
    const storage = createTestStorage();
    const blobs = storage.blobs(freshName());
    const ids = createSequentialIds();
    const schedules = createScheduleStore(blobs, ids, { record: () => undefined });
    const runs = createRunStore(blobs, ids, { record: () => undefined });
    const log = createConversationLog(blobs, ids, { leaseSeconds: 60 });
    const markers = createDueMarkers(blobs, { record: () => undefined });
    const queue = createRunQueue(storage.queue(freshName()));
    const ended = sampleRun({ state: "ended", outcome: "succeeded", endedAt: 1 });
    const marker = { shard: 0, slot: 0, seq: 1 };
    await blobs.read("creates the container");
    await queue.enqueue({ v: 1, scheduleId: sampleId(1), key: "p0" }, 0);

    async function costOf(step: () => Promise<unknown>) {
      storage.takeOperations();
      await step();
      return storage
        .takeOperations()
        .map(({ kind }) => kind)
        .join(" ");
    }
    const version = async () => (await schedules.read(sampleId(1)))?.version ?? "";
    expect(await costOf(() => schedules.create(sampleSchedule()))).toBe("PutBlob");
    expect(await costOf(() => schedules.create(sampleSchedule()))).toBe("PutBlob GetBlob");
    expect(await costOf(() => schedules.read(sampleId(1)))).toBe("GetBlob");
    const current = await version();
    expect(await costOf(() => schedules.replace(sampleSchedule(), current))).toBe("PutBlob");
    expect(await costOf(() => schedules.replace(sampleSchedule(), current))).toBe("PutBlob GetBlobProperties");
    expect(await costOf(() => schedules.list(sampleOwner, { limit: 10 }))).toBe("ListBlobs GetBlob");
    expect(await costOf(() => markers.create(sampleId(1), marker))).toBe("PutBlob");
    expect(await costOf(() => markers.list(0, 0))).toBe("ListBlobs");
    expect(await costOf(() => markers.remove(sampleId(1), marker))).toBe("DeleteBlob");
    expect(await costOf(() => runs.create(sampleRun()))).toBe("PutBlob");
    expect(await costOf(() => runs.recordEnd(ended))).toBe("PutBlob");
    expect(await costOf(() => runs.recordEnd({ ...ended, outcome: "failed" }))).toBe("PutBlob PutBlob");
    expect(await costOf(() => runs.listEnded(sampleOwner, { limit: 1 }))).toBe("ListBlobs GetBlob");
    expect(await costOf(() => runs.listEnded(sampleOwner, { limit: 9, outcome: "failed" }))).toBe("ListBlobs GetBlob");
    expect(await costOf(() => log.createHead(sampleHead()))).toBe("PutBlob");
    expect(await costOf(() => log.acquire(sampleId(9), holder))).toBe("Lease:acquire");
    expect(await costOf(() => log.renew(sampleId(9), holder))).toBe("Lease:renew");
    expect(await costOf(() => log.createSegment(sampleId(9), 0))).toBe("PutAppendBlob");
    expect(await costOf(() => log.append(sampleId(9), 0, 0, [sampleEvent("x")]))).toBe("AppendBlock");
    expect(await costOf(() => log.readSegment(sampleId(9), 0))).toBe("GetBlob");
    expect(await costOf(() => log.pointHead(sampleId(9), 1, holder))).toBe("GetBlob PutBlob");
    expect(await costOf(() => log.release(sampleId(9), holder))).toBe("Lease:release");
    expect(await costOf(() => queue.enqueue({ v: 1, scheduleId: sampleId(1), key: "p1" }, 5))).toBe("PutMessage");
  });

  it("names the path of each request", async () => {
    const storage = createTestStorage();
    const container = freshName();
    await storage.blobs(container).read("a b/ü");
    await storage.queue(container).send("x", 0);
    expect(storage.takeOperations()).toContainEqual({
      service: "blob",
      method: "GET",
      kind: "GetBlob",
      path: `${container}/a b/ü`,
    });
  });

  it("tells the service's time from the replies", async () => {
    const storage = createTestStorage({ localNow: () => Date.now() - 3_600_000 });
    await storage.blobs(freshName()).read("a");
    expect(Math.abs(storage.clock.now() - Date.now())).toBeLessThan(2_000);
  });
});
