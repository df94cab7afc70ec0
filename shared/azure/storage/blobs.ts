/** Changes with every write (the ETag). */
export type Etag = string;

export type Metadata = Readonly<Record<string, string>>;

export interface BlobText {
  readonly text: string;
  /** In bytes: where the next append goes. */
  readonly size: number;
  readonly etag: Etag;
  readonly metadata: Metadata;
}

interface BlobBytes {
  readonly bytes: Uint8Array;
  readonly etag: Etag;
}

interface BlobProperties {
  readonly etag: Etag;
  readonly size: number;
  readonly metadata: Metadata;
  readonly leased: boolean;
}

type WriteCondition = "always" | { readonly ifAbsent: true } | { readonly ifVersion: Etag };

export interface RemoveOptions {
  readonly ifVersion?: Etag;
  /** Needed while the blob is leased. */
  readonly leaseId?: string;
}

export interface WriteOptions {
  readonly condition: WriteCondition;
  /** Needed while the blob is leased, and refused (`leased`) when that lease is not held any more. */
  readonly leaseId?: string;
  readonly metadata?: Metadata;
}

/**
 * `exists`: ifAbsent lost. `mismatch`: ifVersion lost, also when the blob is gone. `leased`: somebody holds a lease and
 * `leaseId` is not it, or nobody holds `leaseId`. When two of them are true, any one of them is answered: a create-only
 * write to a leased blob may be refused either way.
 */
export type WriteRefusal = "exists" | "mismatch" | "leased";

export type WriteResult =
  | { readonly outcome: "written"; readonly etag: Etag }
  | { readonly outcome: "refused"; readonly reason: WriteRefusal };

/** `moved`: the blob does not end at the position. `absent`: there is no such append blob. */
type AppendResult =
  | { readonly outcome: "written"; readonly position: number }
  | { readonly outcome: "moved" | "absent" };

export interface ListQuery {
  readonly prefix: string;
  /** At most 5 000. */
  readonly limit: number;
  readonly cursor?: string;
  /** Answers the metadata of each blob too. */
  readonly metadata?: true;
}

export interface ListedBlob {
  readonly name: string;
  /** Milliseconds since 1970, in whole seconds. */
  readonly createdAt: number;
  /** Only when it was asked for. */
  readonly metadata?: Metadata;
}

/** A page may be shorter than its limit, even empty, and still have a cursor. */
export interface ListedPage {
  readonly blobs: readonly ListedBlob[];
  readonly cursor?: string;
}

/**
 * What our stores need of Blob Storage, and nothing more: one container, small blobs, each method one request. Storage's
 * own "no" is a value; everything else (403, throttling, 5xx, no answer) is tried again within limits and then thrown as
 * SERVICE_ERROR, so absent and unavailable can never be mistaken for each other.
 *
 * A request whose reply was lost may have been carried out and is sent again: then `exists`, `mismatch` and `moved` can
 * be the caller's own success. The stores find out by reading back (own-write.ts); the other methods may be repeated.
 */
export interface Blobs {
  read(name: string): Promise<BlobText | undefined>;
  /** For contents kept in memory: `unchanged` costs a request but no bytes. */
  readBytes(name: string, known?: Etag): Promise<BlobBytes | "unchanged" | undefined>;
  /** Fewer bytes than asked for, or none, where the blob ends. */
  readRange(name: string, from: number, count: number): Promise<Uint8Array | undefined>;
  properties(name: string): Promise<BlobProperties | undefined>;
  write(name: string, content: string | Uint8Array, options: WriteOptions): Promise<WriteResult>;
  /** Removing what is gone is `removed`. `mismatch`: `ifVersion` lost, also when the blob is gone. */
  remove(name: string, options?: RemoveOptions): Promise<"removed" | "leased" | "mismatch">;
  /** In the order of the names' characters. A cursor that storage does not know throws VALIDATION_ERROR. */
  listPage(query: ListQuery): Promise<ListedPage>;
  createAppend(name: string, metadata?: Metadata): Promise<"created" | "exists">;
  append(name: string, bytes: Uint8Array, position: number): Promise<AppendResult>;
  /** `leaseId` is a UUID of the caller's; acquiring again what one holds starts its time anew. 15 to 60 seconds. */
  acquireLease(name: string, leaseId: string, seconds: number): Promise<"held" | "busy" | "absent">;
  /** An expired lease is renewed if nobody took it and nobody wrote in between. */
  renewLease(name: string, leaseId: string): Promise<"held" | "lost" | "absent">;
  releaseLease(name: string, leaseId: string): Promise<"released" | "lost" | "absent">;
}
