import type {
  Blobs,
  ListedPage,
  ListQuery,
  Metadata,
  RemoveOptions,
  WriteOptions,
  WriteRefusal,
  WriteResult,
} from "../../shared/azure/storage/blobs.ts";
import { unknownCursor } from "../../shared/kernel/resume.ts";

interface BlobOperation {
  readonly kind:
    | "read"
    | "readBytes"
    | "readRange"
    | "properties"
    | "write"
    | "remove"
    | "listPage"
    | "createAppend"
    | "append"
    | "acquireLease"
    | "renewLease"
    | "releaseLease";
  /** The blob, or the prefix of a list. */
  readonly name: string;
}

/**
 * Stands between a store and the storage. Count, and call `perform` once; or break things: throw before it (never sent),
 * after it (lost for good), or call it twice and answer the second result (reply lost, sent again).
 */
export type InterceptBlobs = <T>(operation: BlobOperation, perform: () => T) => Promise<T>;

export interface MemoryBlobs extends Blobs {
  /** Every name, in order, for assertions. */
  names(): string[];
}

export interface MemoryBlobsOptions {
  /** The storage service's clock: leases end and blobs are dated by it. */
  readonly now: () => number;
  readonly intercept?: InterceptBlobs;
  /** Told of each change that storage accepted, whatever becomes of its reply. */
  readonly onChange?: OnBlobChange | undefined;
}

/** What changed: the whole text of a block blob, or what was appended (nothing when the append blob was created). */
export type BlobChange =
  | { readonly kind: "written" | "appended"; readonly name: string; readonly text: string }
  | { readonly kind: "removed"; readonly name: string };

export type OnBlobChange = (change: BlobChange) => void;

/** Blob Storage in memory: ETags, leases, append positions, order and pages as the real one has them. */
export function createMemoryBlobs({ now, intercept = passThrough, onChange }: MemoryBlobsOptions): MemoryBlobs {
  const container = createContainer(now, onChange ?? (() => undefined));
  const on = <T>(kind: BlobOperation["kind"], name: string, perform: () => T) => intercept({ kind, name }, perform);
  return {
    names: () => container.sortedNames(""),
    read: (name) => on("read", name, () => container.read(name)),
    readBytes: (name, known) => on("readBytes", name, () => container.readBytes(name, known)),
    readRange: (name, from, count) =>
      on("readRange", name, () => container.bytesOf(name)?.subarray(from, from + count)),
    properties: (name) => on("properties", name, () => container.properties(name)),
    write: (name, content, options) => on("write", name, () => container.write(name, content, options)),
    remove: (name, options) => on("remove", name, () => container.remove(name, options)),
    listPage: (query) => on("listPage", query.prefix, () => container.listPage(query)),
    createAppend: (name, metadata) => on("createAppend", name, () => container.createAppend(name, metadata)),
    append: (name, bytes, position) => on("append", name, () => container.append(name, bytes, position)),
    acquireLease: (name, id, seconds) => on("acquireLease", name, () => container.acquireLease(name, id, seconds)),
    renewLease: (name, id) => on("renewLease", name, () => container.renewLease(name, id)),
    releaseLease: (name, id) => on("releaseLease", name, () => container.releaseLease(name, id)),
  };
}

const passThrough: InterceptBlobs = async (_operation, perform) => perform();

interface StoredBlob {
  content: Content;
  etag: string;
  metadata: Metadata;
  readonly kind: "block" | "append";
  readonly createdAt: number;
  lease?: { id: string; seconds: number; until: number };
}

type Content = ReturnType<typeof contentOf>;

/** Text and bytes of a blob, each made when it is first asked for: many are read again and again, and most as text. */
function contentOf(given: string | Uint8Array) {
  // What has no UTF-8 is not what it was once it is stored.
  let text = typeof given === "string" && given.isWellFormed() ? given : undefined;
  let bytes = text === undefined ? Buffer.from(given) : undefined;
  return {
    size: bytes?.length ?? Buffer.byteLength(given),
    text: () => (text ??= bytes?.toString("utf8") ?? ""),
    bytes: () => (bytes ??= Buffer.from(text ?? "")),
  };
}

function createContainer(now: () => number, onChange: OnBlobChange) {
  const blobs = createFolders();
  let writes = 0;
  const nextEtag = () => `"0x${(++writes).toString(16)}"`;
  const liveLease = (blob: StoredBlob | undefined) =>
    blob?.lease && blob.lease.until > now() ? blob.lease : undefined;

  function put(name: string, content: Content, kind: StoredBlob["kind"], metadata: Metadata = {}): string {
    const previous = blobs.get(name);
    const createdAt = previous?.createdAt ?? Math.floor(now() / 1000) * 1000;
    const lease = liveLease(previous);
    const stored: StoredBlob = { content, etag: nextEtag(), metadata: { ...metadata }, kind, createdAt };
    blobs.set(name, lease === undefined ? stored : { ...stored, lease });
    return stored.etag;
  }

  /** The condition before the lease, as Azurite does. */
  function refusal(name: string, { condition, leaseId }: WriteOptions): WriteRefusal | undefined {
    const blob = blobs.get(name);
    if (condition !== "always" && "ifAbsent" in condition && blob !== undefined) return "exists";
    if (condition !== "always" && "ifVersion" in condition && blob?.etag !== condition.ifVersion) return "mismatch";
    return liveLease(blob)?.id === leaseId ? undefined : "leased";
  }

  return {
    sortedNames: blobs.sortedNames,
    bytesOf: (name: string) => blobs.get(name)?.content.bytes(),
    read(name: string) {
      const blob = blobs.get(name);
      if (blob === undefined) return undefined;
      const { content, etag, metadata } = blob;
      return { text: content.text(), size: content.size, etag, metadata };
    },
    readBytes(name: string, known?: string) {
      const blob = blobs.get(name);
      if (blob === undefined) return undefined;
      return blob.etag === known ? ("unchanged" as const) : { bytes: blob.content.bytes(), etag: blob.etag };
    },
    properties(name: string) {
      const blob = blobs.get(name);
      if (blob === undefined) return undefined;
      const { content, etag, metadata } = blob;
      return { etag, size: content.size, metadata, leased: liveLease(blob) !== undefined };
    },
    write(name: string, given: string | Uint8Array, options: WriteOptions): WriteResult {
      const reason = refusal(name, options);
      if (reason !== undefined) return { outcome: "refused", reason };
      const content = contentOf(given);
      const etag = put(name, content, "block", options.metadata);
      onChange({ kind: "written", name, text: content.text() });
      return { outcome: "written", etag };
    },
    remove(name: string, { leaseId, ifVersion }: RemoveOptions = {}): "removed" | "leased" | "mismatch" {
      const blob = blobs.get(name);
      if (ifVersion !== undefined && blob?.etag !== ifVersion) return "mismatch";
      if (blob !== undefined && liveLease(blob)?.id !== leaseId) return "leased";
      blobs.delete(name);
      onChange({ kind: "removed", name });
      return "removed";
    },
    listPage({ prefix, limit, cursor, metadata: isAsked }: ListQuery): ListedPage {
      if (cursor?.startsWith(cursorMark) === false) throw unknownCursor();
      const after = cursor?.slice(cursorMark.length) ?? "";
      const rest = blobs.sortedNames(prefix).filter((name) => name > after);
      const page = rest.slice(0, limit).map((name) => {
        const { createdAt = 0, metadata = {} } = blobs.get(name) ?? {};
        return { name, createdAt, ...(isAsked ? { metadata } : {}) };
      });
      const last = page.at(-1);
      return rest.length > limit && last ? { blobs: page, cursor: cursorMark + last.name } : { blobs: page };
    },
    createAppend(name: string, metadata?: Metadata): "created" | "exists" {
      if (blobs.has(name)) return "exists";
      put(name, contentOf(""), "append", metadata);
      onChange({ kind: "appended", name, text: "" });
      return "created";
    },
    append(name: string, bytes: Uint8Array, position: number) {
      const blob = blobs.get(name);
      if (blob === undefined) return { outcome: "absent" as const };
      if (blob.kind !== "append") throw new Error(`${name} is no append blob`);
      if (blob.content.size !== position) return { outcome: "moved" as const };
      blob.content = contentOf(Buffer.concat([blob.content.bytes(), bytes]));
      blob.etag = nextEtag();
      onChange({
        kind: "appended",
        name,
        text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"),
      });
      return { outcome: "written" as const, position: blob.content.size };
    },
    acquireLease(name: string, id: string, seconds: number): "held" | "busy" | "absent" {
      const blob = blobs.get(name);
      if (blob === undefined) return "absent";
      const live = liveLease(blob);
      if (live !== undefined && live.id !== id) return "busy";
      blob.lease = { id, seconds, until: now() + seconds * 1000 };
      return "held";
    },
    /** The lease stays on the blob after its end, so that its holder can take it up again if nobody came. */
    renewLease(name: string, id: string): "held" | "lost" | "absent" {
      const blob = blobs.get(name);
      if (blob === undefined) return "absent";
      if (blob.lease?.id !== id) return "lost";
      blob.lease.until = now() + blob.lease.seconds * 1000;
      return "held";
    },
    releaseLease(name: string, id: string): "released" | "lost" | "absent" {
      const blob = blobs.get(name);
      if (blob === undefined) return "absent";
      if (blob.lease?.id !== id) return "lost";
      delete blob.lease;
      return "released";
    },
  };
}

const cursorMark = "after:";

/** Blobs by the first part of their names, so that a list of a few due markers does not sort a long history. */
function createFolders() {
  const folders = new Map<string, Map<string, StoredBlob>>();
  const folderOf = (name: string) => folders.get(name.slice(0, name.indexOf("/")));
  return {
    get: (name: string) => folderOf(name)?.get(name),
    has: (name: string) => folderOf(name)?.has(name) ?? false,
    delete: (name: string) => void folderOf(name)?.delete(name),
    set(name: string, blob: StoredBlob) {
      const folder = folderOf(name) ?? new Map<string, StoredBlob>();
      folders.set(name.slice(0, name.indexOf("/")), folder.set(name, blob));
    },
    sortedNames(prefix: string): string[] {
      const folder = prefix.includes("/") ? folderOf(prefix) : undefined;
      const names = prefix.includes("/")
        ? [...(folder?.keys() ?? [])]
        : [...folders.values()].flatMap((f) => [...f.keys()]);
      return names.filter((name) => name.startsWith(prefix)).sort();
    },
  };
}
