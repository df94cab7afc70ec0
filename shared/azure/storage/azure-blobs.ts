import { buffer } from "node:stream/consumers";
import type {
  BlobDownloadOptions,
  BlobRequestConditions,
  BlockBlobUploadOptions,
  ContainerClient,
} from "@azure/storage-blob";
import { fromCursor, toCursor, unknownCursor } from "../../kernel/resume.ts";
import type { Retry } from "../../resilience/retry.ts";
import type { Blobs, ListedPage, ListQuery, WriteOptions } from "./blobs.ts";
import { createStorageCall, type StorageCall } from "./storage-call.ts";
import {
  acquireAnswers,
  appendAnswers,
  cursorAnswers,
  holdAnswers,
  removeAnswers,
  whenAbsent,
  writeRefusals,
} from "./storage-words.ts";

/** One container of Azure Blob Storage. */
export function createAzureBlobs(container: ContainerClient, retry: Retry): Blobs {
  const call = createStorageCall(retry, {
    missing: "ContainerNotFound",
    create: (abortSignal) => container.createIfNotExists({ abortSignal }),
  });
  return { ...createReading(container, call), ...createWriting(container, call), ...createLeasing(container, call) };
}

function createReading(
  container: ContainerClient,
  call: StorageCall,
): Pick<Blobs, "read" | "readBytes" | "readRange" | "properties" | "listPage"> {
  /** The body is read inside the attempt, so that a connection that falls silent in the middle meets the limit too. */
  async function download(name: string, options: BlobDownloadOptions, from = 0, count?: number) {
    const {
      readableStreamBody,
      etag = "",
      metadata = {},
    } = await container.getBlobClient(name).download(from, count, { ...options, maxRetryRequests: 0 });
    return { bytes: readableStreamBody ? await buffer(readableStreamBody) : Buffer.alloc(0), etag, metadata };
  }
  return {
    async read(name) {
      const found = await call((abortSignal) => download(name, { abortSignal }), whenAbsent(undefined));
      if (found === undefined) return undefined;
      const { bytes, etag, metadata } = found;
      return { text: bytes.toString("utf8"), size: bytes.length, etag, metadata };
    },
    async readBytes(name, known) {
      const conditions = known === undefined ? {} : { ifNoneMatch: known };
      const answers = new Map([...whenAbsent(undefined), ["ConditionNotMet", "unchanged"] as const]);
      const found = await call((abortSignal) => download(name, { abortSignal, conditions }), answers);
      return typeof found === "object" ? { bytes: found.bytes, etag: found.etag } : found;
    },
    async readRange(name, from, count) {
      // InvalidRange: the blob ends before the range.
      const answers = new Map([...whenAbsent(undefined), ["InvalidRange", { bytes: Buffer.alloc(0) }] as const]);
      const found = await call((abortSignal) => download(name, { abortSignal }, from, count), answers);
      return found?.bytes;
    },
    async properties(name) {
      const send = (abortSignal: AbortSignal) => container.getBlobClient(name).getProperties({ abortSignal });
      const found = await call(send, whenAbsent(undefined));
      if (found === undefined) return undefined;
      const { etag = "", contentLength = 0, metadata = {}, leaseState } = found;
      return { etag, size: contentLength, metadata, leased: leaseState === "leased" };
    },
    async listPage(query) {
      const marker = markerIn(query.cursor);
      const send = (abortSignal: AbortSignal) => listPage(container, query, marker, abortSignal);
      const page = await call(send, marker === undefined ? undefined : cursorAnswers);
      if (page === "unknown cursor") throw unknownCursor();
      return page;
    },
  };
}

/** Storage's own marker. Azurite takes any text for one, so ours is told apart here. */
function markerIn(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const { page } = fromCursor(cursor);
  if (page === undefined) throw unknownCursor();
  return page;
}

async function listPage(
  container: ContainerClient,
  { prefix, limit, metadata: isAsked }: ListQuery,
  marker: string | undefined,
  abortSignal: AbortSignal,
): Promise<ListedPage> {
  const paging = { maxPageSize: limit, ...(marker === undefined ? {} : { continuationToken: marker }) };
  const reply = await container
    .listBlobsFlat({ prefix, abortSignal, includeMetadata: isAsked === true })
    .byPage(paging)
    .next();
  if (reply.done) return { blobs: [] };
  const { segment, continuationToken } = reply.value;
  const blobs = segment.blobItems.map(({ name, properties, metadata = {} }) => ({
    name,
    createdAt: properties.createdOn?.getTime() ?? 0,
    ...(isAsked ? { metadata } : {}),
  }));
  return continuationToken ? { blobs, cursor: toCursor({ page: continuationToken }) } : { blobs };
}

function createWriting(
  container: ContainerClient,
  call: StorageCall,
): Pick<Blobs, "write" | "remove" | "createAppend" | "append"> {
  return {
    async write(name, content, options) {
      const send = (abortSignal: AbortSignal) =>
        container
          .getBlockBlobClient(name)
          .upload(content, Buffer.byteLength(content), { ...uploadOptions(options), abortSignal });
      const result = await call(send, writeRefusals);
      if (typeof result === "string") return { outcome: "refused", reason: result };
      return { outcome: "written", etag: result.etag ?? "" };
    },
    async remove(name, { leaseId, ifVersion } = {}) {
      const conditions: BlobRequestConditions = leaseId === undefined ? {} : { leaseId };
      if (ifVersion !== undefined) conditions.ifMatch = ifVersion;
      const send = (abortSignal: AbortSignal) => container.getBlobClient(name).delete({ conditions, abortSignal });
      const result = await call(send, removeAnswers);
      return typeof result === "string" ? result : "removed";
    },
    async createAppend(name, metadata = {}) {
      const send = (abortSignal: AbortSignal) =>
        container.getAppendBlobClient(name).create({
          conditions: { ifNoneMatch: "*" },
          metadata: { ...metadata },
          blobHTTPHeaders: { blobContentType: "application/x-ndjson" },
          abortSignal,
        });
      const result = await call(send, new Map([["BlobAlreadyExists", "exists" as const]]));
      return typeof result === "string" ? result : "created";
    },
    async append(name, bytes, position) {
      const conditions = { appendPosition: position };
      const send = (abortSignal: AbortSignal) =>
        container.getAppendBlobClient(name).appendBlock(bytes, bytes.length, { conditions, abortSignal });
      const result = await call(send, appendAnswers);
      return typeof result === "string"
        ? { outcome: result }
        : { outcome: "written", position: position + bytes.length };
    },
  };
}

function uploadOptions({ condition, leaseId, metadata = {} }: WriteOptions): BlockBlobUploadOptions {
  const conditions: BlobRequestConditions = leaseId === undefined ? {} : { leaseId };
  if (condition !== "always" && "ifAbsent" in condition) conditions.ifNoneMatch = "*";
  if (condition !== "always" && "ifVersion" in condition) conditions.ifMatch = condition.ifVersion;
  return { conditions, metadata: { ...metadata }, blobHTTPHeaders: { blobContentType: "application/json" } };
}

function createLeasing(
  container: ContainerClient,
  call: StorageCall,
): Pick<Blobs, "acquireLease" | "renewLease" | "releaseLease"> {
  const leaseOn = (name: string, leaseId: string) => container.getBlobClient(name).getBlobLeaseClient(leaseId);
  return {
    acquireLease: (name, leaseId, seconds) =>
      call(async (abortSignal) => {
        await leaseOn(name, leaseId).acquireLease(seconds, { abortSignal });
        return "held" as const;
      }, acquireAnswers),
    renewLease: (name, leaseId) =>
      call(async (abortSignal) => {
        await leaseOn(name, leaseId).renewLease({ abortSignal });
        return "held" as const;
      }, holdAnswers),
    releaseLease: (name, leaseId) =>
      call(async (abortSignal) => {
        await leaseOn(name, leaseId).releaseLease({ abortSignal });
        return "released" as const;
      }, holdAnswers),
  };
}
