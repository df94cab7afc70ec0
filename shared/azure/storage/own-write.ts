import { AppError } from "../../kernel/errors.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Blobs, BlobText, Etag, WriteOptions } from "./blobs.ts";

/**
 * Conditional writes that know themselves again. When the reply of a write is lost, the request is sent again and meets
 * its own result: storage then says "exists" (409) or "mismatch" (412) although we have won. Each write therefore carries
 * a fresh token in the blob's metadata; a refused writer reads back and compares. One call when nothing was refused.
 *
 * One case stays open: somebody else wrote on top before we looked. Then we report a loss although our write stood for a
 * moment. Callers read again and decide again, and find their own doing in what the other one built on.
 */
export interface OwnWrites {
  /** Two calls when the blob exists already. */
  create(name: string, text: string): Promise<{ written: Etag } | { existing: BlobText }>;
  /** Two calls when the version is not current. `undefined`: somebody else wrote or removed it, or holds its lease. */
  replace(name: string, text: string, version: Etag, leaseId?: string): Promise<Etag | undefined>;
  /** Two calls when the blob exists already. False: it was there before us. */
  createAppend(name: string): Promise<boolean>;
  /** Two calls when the blob has grown. `undefined`: by somebody else. */
  append(name: string, bytes: Uint8Array, position: number): Promise<number | "absent" | undefined>;
}

export function createOwnWrites(blobs: Blobs, ids: Ids): OwnWrites {
  const freshToken = () => ({ [tokenKey]: ids.unique() });
  return {
    async create(name, text) {
      const metadata = freshToken();
      const result = await blobs.write(name, text, { condition: { ifAbsent: true }, metadata });
      if (result.outcome === "written") return { written: result.etag };
      const existing = await blobs.read(name);
      if (existing === undefined) throw goneMeanwhile(name);
      return sameToken(existing.metadata, metadata) ? { written: existing.etag } : { existing };
    },
    async replace(name, text, version, leaseId) {
      const metadata = freshToken();
      const options: WriteOptions = { condition: { ifVersion: version }, metadata };
      const result = await blobs.write(name, text, leaseId === undefined ? options : { ...options, leaseId });
      if (result.outcome === "written") return result.etag;
      const current = await blobs.properties(name);
      return current !== undefined && sameToken(current.metadata, metadata) ? current.etag : undefined;
    },
    async createAppend(name) {
      const metadata = freshToken();
      if ((await blobs.createAppend(name, metadata)) === "created") return true;
      const current = await blobs.properties(name);
      return current !== undefined && sameToken(current.metadata, metadata);
    },
    async append(name, bytes, position) {
      const result = await blobs.append(name, bytes, position);
      if (result.outcome === "written") return result.position;
      if (result.outcome === "absent") return "absent";
      const found = await blobs.readRange(name, position, bytes.length);
      return found !== undefined && Buffer.compare(found, bytes) === 0 ? position + bytes.length : undefined;
    },
  };
}

/**
 * Removes the version that was read; `removed` also when it is gone already, by ourselves in a request whose reply was lost
 * or by somebody else. Two calls when the version is not current.
 */
export async function removeVersion(
  blobs: Blobs,
  name: string,
  version: Etag,
): Promise<"removed" | "leased" | "mismatch"> {
  const result = await blobs.remove(name, { ifVersion: version });
  return result === "mismatch" && (await blobs.properties(name)) === undefined ? "removed" : result;
}

/** Lower case and without punctuation: metadata names are HTTP header names and, in storage, C# identifiers. */
const tokenKey = "writetoken";

const sameToken = (found: Readonly<Record<string, string>>, ours: Readonly<Record<string, string>>): boolean =>
  found[tokenKey] !== undefined && found[tokenKey] === ours[tokenKey];

const goneMeanwhile = (name: string): AppError =>
  new AppError("SERVICE_ERROR", "A record was removed while it was being created. Try again.", { blob: name });
