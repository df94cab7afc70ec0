import { afterAll, describe, expect, it } from "vitest";
import { toCursor } from "../../shared/kernel/resume.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import type { Fault } from "../support/faulty-http.ts";
import { sampleHead, sampleId, sampleSchedule } from "../support/sample-records.ts";
import { holder, retryRules, startBrokenStorage } from "./broken-storage.ts";

const neverSent: Fault = { kind: "never_sent" };
const silent: Fault = { kind: "silent" };
const half: Fault = { kind: "half_reply" };
const status = (number: number, code: string, retryAfterSeconds?: number): Fault =>
  retryAfterSeconds === undefined
    ? { kind: "status", status: number, code }
    : { kind: "status", status: number, code, retryAfterSeconds };

const { http, storage, connectionString, kindsSent, setUp, close } = await startBrokenStorage();
afterAll(close);

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
    const cursor = toCursor({ page: "x" });
    await expect(blobs.listPage({ ...query, cursor })).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
    await expect(blobs.listPage(query)).rejects.toMatchObject({ code: "SERVICE_ERROR" });
  });

  it("ends at the overall limit although attempts are left", async () => {
    const short = createTestStorage({ retryRules: { ...retryRules, overallMs: 300 } }, connectionString);
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
