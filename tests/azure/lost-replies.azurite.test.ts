import { afterAll, describe, expect, it } from "vitest";
import { freshName } from "../support/azurite-storage.ts";
import type { Fault } from "../support/faulty-http.ts";
import { sampleEvent, sampleHead, sampleId, sampleRun, sampleSchedule } from "../support/sample-records.ts";
import { holder, startBrokenStorage } from "./broken-storage.ts";

const lost: Fault = { kind: "reply_lost" };
const silent: Fault = { kind: "silent" };

const { http, storage, kindsSent, setUp, close } = await startBrokenStorage();
afterAll(close);

describe("a lost reply does not look like somebody else's success", () => {
  it("knows its own creation", async () => {
    const { schedules } = await setUp();
    http.blob.failNext(lost);
    const { created, current } = await schedules.create(sampleSchedule());
    expect(created).toBe(true);
    expect(kindsSent()).toEqual(["PutBlob", "PutBlob", "GetBlob"]);
    expect(await schedules.replace(sampleSchedule({ revision: 2 }), current.version)).toBeDefined();
  });

  it("tells another's creation from its own", async () => {
    const { schedules } = await setUp();
    await schedules.create(sampleSchedule());
    http.blob.failNext(lost);
    expect((await schedules.create(sampleSchedule({ revision: 2 }))).created).toBe(false);
  });

  it("knows its own replacement, and the version it made", async () => {
    const { runs } = await setUp();
    const { current } = await runs.create(sampleRun());
    storage.takeOperations();
    http.blob.failNext(lost);
    const version = await runs.replace(sampleRun({ epoch: 1 }), current.version);
    expect(kindsSent()).toEqual(["PutBlob", "PutBlob", "GetBlobProperties"]);
    expect(await runs.read(sampleRun())).toEqual({ value: sampleRun({ epoch: 1 }), version });
  });

  it("tells another's replacement from its own", async () => {
    const { runs } = await setUp();
    const { current } = await runs.create(sampleRun());
    await runs.replace(sampleRun({ epoch: 1 }), current.version);
    http.blob.failNext(lost);
    expect(await runs.replace(sampleRun({ epoch: 2 }), current.version)).toBeUndefined();
  });

  it("appends once and knows its own block", async () => {
    const { log } = await setUp();
    http.blob.failNext(lost);
    expect(await log.createSegment(sampleId(9), 0)).toBe(true);
    storage.takeOperations();
    http.blob.failNext(lost);
    const position = await log.append(sampleId(9), 0, 0, [sampleEvent("once")]);
    expect(kindsSent()).toEqual(["AppendBlock", "AppendBlock", "GetBlob"]);
    expect(await log.readSegment(sampleId(9), 0)).toEqual({ events: [sampleEvent("once")], position });
  });

  it("tells another's block from its own", async () => {
    const { log } = await setUp();
    await log.createSegment(sampleId(9), 0);
    await log.append(sampleId(9), 0, 0, [sampleEvent("theirs")]);
    http.blob.failNext(lost);
    expect(await log.append(sampleId(9), 0, 0, [sampleEvent("mine!!")])).toBeUndefined();
  });

  it("holds, renews and releases a lease", async () => {
    const { log } = await setUp();
    await log.createHead(sampleHead());
    http.blob.failNext(lost);
    expect(await log.acquire(sampleId(9), holder)).toBe("held");
    http.blob.failNext(lost);
    expect(await log.renew(sampleId(9), holder)).toBe(true);
    http.blob.failNext(lost);
    await log.pointHead(sampleId(9), 1, holder);
    http.blob.failNext(lost);
    await log.release(sampleId(9), holder);
    expect(await log.acquire(sampleId(9), "22222222-2222-4222-8222-222222222222")).toBe("held");
  });

  it("removes", async () => {
    const { blobs } = await setUp();
    await blobs.write("a", "", { condition: "always" });
    http.blob.failNext(lost);
    expect(await blobs.remove("a")).toBe("removed");
    expect(await blobs.read("a")).toBeUndefined();
  });

  it("sends a message again: at least once", async () => {
    const queue = storage.queue(freshName());
    await queue.send("creates the queue", 0);
    storage.takeOperations();
    http.queue.failNext(lost);
    await queue.send("twice", 0);
    expect(kindsSent()).toEqual(["PutMessage", "PutMessage"]);
  });

  it("also when the lost reply is silence", async () => {
    const { runs } = await setUp();
    http.blob.failNext(silent, lost);
    expect((await runs.create(sampleRun())).created).toBe(true);
  });
});
