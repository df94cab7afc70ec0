import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { createTestStorage, freshName, type TestStorage } from "../support/azurite-storage.ts";
import { type Fault, type FaultyHttp, startFaultyHttp } from "../support/faulty-http.ts";
import { sampleEvent, sampleHead, sampleId, sampleRun, sampleSchedule } from "../support/sample-records.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

const lost: Fault = { kind: "reply_lost" };
const neverSent: Fault = { kind: "never_sent" };
const silent: Fault = { kind: "silent" };
const half: Fault = { kind: "half_reply" };
const status = (number: number, code: string, retryAfterSeconds?: number): Fault =>
  retryAfterSeconds === undefined
    ? { kind: "status", status: number, code }
    : { kind: "status", status: number, code, retryAfterSeconds };

const holder = "11111111-1111-4111-8111-111111111111";
/** Limits short enough to meet them in a test; 2 attempts may be silent and a third still fits. */
const retryRules = { attempts: 4, baseMs: 1, capMs: 4, attemptMs: 200, overallMs: 2_000 };

/** The real clients, with real sockets to a proxy that breaks what we tell it to break. */
let http: { blob: FaultyHttp; queue: FaultyHttp };
let brokenConnection: string;
let storage: TestStorage;

beforeAll(async () => {
  const direct = inject("storageConnectionString");
  const urlOf = (service: string) => new RegExp(`${service}Endpoint=([^;]+)`).exec(direct)?.[1] ?? "";
  http = { blob: await startFaultyHttp(urlOf("Blob")), queue: await startFaultyHttp(urlOf("Queue")) };
  brokenConnection = direct.replace(urlOf("Blob"), http.blob.url).replace(urlOf("Queue"), http.queue.url);
  storage = createTestStorage({ retryRules }, brokenConnection);
});

afterAll(async () => {
  await http.blob.close();
  await http.queue.close();
});

/** An existing container, its faults still to come. */
async function setUp() {
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
}

const kindsSent = () => storage.takeOperations().map(({ kind }) => kind);

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

describe("trouble that passes is waited for", () => {
  it.each([
    ["a connection that breaks before the request", [neverSent, neverSent]],
    ["503", [status(503, "ServerBusy")]],
    ["500", [status(500, "InternalError"), status(500, "InternalError")]],
    ["429 with Retry-After", [status(429, "TooManyRequests", 0)]],
    ["silence", [silent]],
    ["a reply that stops half way", [half]],
  ] as const)("%s", async (_name, faults) => {
    const { blobs } = await setUp();
    await blobs.write("a", "0123456789", { condition: "always" });
    http.blob.failNext(...faults);
    expect((await blobs.read("a"))?.text).toBe("0123456789");
    http.blob.failNext(...faults);
    const { outcome } = await blobs.write("b", "x", { condition: "always" });
    expect(outcome).toBe("written");
  });
});

describe("trouble that stays is an error, never an absence", () => {
  const four = <T>(fault: T) => [fault, fault, fault, fault];

  it.each([
    ["403", [status(403, "AuthorizationPermissionMismatch")], 1, /roles/],
    ["404 that is not about the blob", [status(404, "ResourceNotFound")], 1, /AzureWebJobsStorage/],
    ["429 that asks for more time than there is", [status(429, "TooManyRequests", 60)], 1, /busy/],
    ["409 that is not about the blob", [status(409, "ContainerBeingDeleted")], 1, /status 409/],
    ["412 that is not about the condition", [status(412, "Whatever")], 1, /status 412/],
    ["503", four(status(503, "ServerBusy")), 4, /busy/],
    ["500", four(status(500, "InternalError")), 4, /status 500/],
    ["silence", four(silent), 4, /did not answer/],
    ["broken connections", four(neverSent), 4, /did not answer/],
  ] as const)("%s", async (_name, faults, attempts, advice) => {
    const { schedules } = await setUp();
    http.blob.failNext(...faults);
    const failure = await schedules.create(sampleSchedule()).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ name: "AppError", code: "SERVICE_ERROR", message: expect.stringMatching(advice) });
    expect(failure).toHaveProperty("cause");
    expect(JSON.stringify(failure) + String(failure)).not.toContain("foreign words");
    expect(kindsSent()).toHaveLength(attempts);
  });

  it("reading says unavailable, not absent", async () => {
    const { schedules } = await setUp();
    http.blob.failNext(...four(status(503, "ServerBusy")));
    await expect(schedules.read(sampleId(1))).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    http.blob.failNext(status(404, ""));
    await expect(schedules.read(sampleId(1))).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    expect(await schedules.read(sampleId(1))).toBeUndefined();
  });

  it("a lease that cannot be asked for is not busy, a marker that was not written is not there", async () => {
    const { blobs, log } = await setUp();
    const beingDeleted = status(409, "ContainerBeingDeleted");
    http.blob.failNext(beingDeleted, beingDeleted, beingDeleted);
    await expect(log.acquire(sampleId(9), holder)).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    await expect(log.createHead(sampleHead())).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    await expect(blobs.remove("a")).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });

  it("takes a cursor that storage refuses for the caller's mistake", async () => {
    const { blobs } = await setUp();
    const query = { prefix: "", limit: 1 };
    http.blob.failNext(status(400, "OutOfRangeInput"), status(400, "OutOfRangeInput"));
    await expect(blobs.listPage({ ...query, cursor: "x" })).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
    await expect(blobs.listPage(query)).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });

  it("ends at the overall limit although attempts are left", async () => {
    const short = createTestStorage({ retryRules: { ...retryRules, overallMs: 300 } }, brokenConnection);
    http.blob.failNext(silent, silent);
    const start = performance.now();
    await expect(short.blobs(freshName()).read("a")).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(short.takeOperations().length).toBeLessThan(4);
  });
});

describe("the container and the queue", () => {
  it("are created by the first use that misses them, and cost nothing after", async () => {
    const blobs = storage.blobs(freshName());
    storage.takeOperations();
    expect(await blobs.read("a")).toBeUndefined();
    expect(kindsSent()).toEqual(["GetBlob", "PUT:Container", "GetBlob"]);
    await blobs.read("a");
    expect(kindsSent()).toEqual(["GetBlob"]);
  });

  it("are created once by many at the same time", async () => {
    const blobs = storage.blobs(freshName());
    storage.takeOperations();
    await Promise.all(["a", "b", "c", "d"].map((name) => blobs.read(name)));
    expect(kindsSent().filter((kind) => kind === "PUT:Container")).toHaveLength(1);
  });

  it("are tried again after a creation that failed", async () => {
    const blobs = storage.blobs(freshName());
    const missing = status(404, "ContainerNotFound");
    http.blob.failNext(missing, status(403, "AuthorizationFailure"));
    await expect(blobs.read("a")).rejects.toMatchObject({ code: "SERVICE_ERROR" });
    expect(await blobs.read("a")).toBeUndefined();
  });

  it("a container that cannot be had is unavailable, not absent", async () => {
    const blobs = storage.blobs(freshName());
    const missing = status(404, "ContainerNotFound");
    const beingDeleted = status(409, "ContainerBeingDeleted");
    http.blob.failNext(missing, beingDeleted);
    await expect(blobs.properties("a")).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });
});
