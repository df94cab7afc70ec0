import type { z } from "zod";
import type { Ids } from "../../kernel/ids.ts";
import type { Page, Version, Versioned } from "../../schedule/schedule-store.ts";
import type { Blobs, ListQuery } from "./blobs.ts";
import { createOwnWrites } from "./own-write.ts";
import { type BlobLabel, fromStoredJson, toStoredJson } from "./stored-json.ts";

/** JSON records with create-once and compare-and-swap: what the schedule and the run store have in common. */
export interface Records<T> {
  read(name: string, id: string): Promise<Versioned<T> | undefined>;
  create(name: string, id: string, value: T): Promise<{ created: boolean; current: Versioned<T> }>;
  replace(name: string, value: T, version: Version): Promise<Version | undefined>;
  /** One list call and one read for each record; a record that vanished in between is left out. */
  list(prefix: string, page: { limit: number; cursor?: string }): Promise<Page<T>>;
}

export interface RecordKind<T> {
  readonly kind: BlobLabel["kind"];
  readonly schema: z.ZodType<T>;
  /** The id in a blob's name, or undefined for a name that is not ours: such a blob is none of our records. */
  readonly idIn: (name: string) => string | undefined;
}

export function createRecords<T>(blobs: Blobs, ids: Ids, { kind, schema, idIn }: RecordKind<T>): Records<T> {
  const ownWrites = createOwnWrites(blobs, ids);
  const parse = (text: string, id: string): T => fromStoredJson(schema, text, { kind, id });

  async function read(name: string, id: string): Promise<Versioned<T> | undefined> {
    const found = await blobs.read(name);
    return found && { value: parse(found.text, id), version: found.etag };
  }

  return {
    read,
    async create(name, id, value) {
      const result = await ownWrites.create(name, toStoredJson(schema, value));
      if ("written" in result) return { created: true, current: { value, version: result.written } };
      const { text, etag } = result.existing;
      return { created: false, current: { value: parse(text, id), version: etag } };
    },
    replace: (name, value, version) => ownWrites.replace(name, toStoredJson(schema, value), version),
    async list(prefix, page) {
      const query: ListQuery = { prefix, ...page };
      const { blobs: listed, cursor } = await blobs.listPage(query);
      const found = await Promise.all(
        listed.map(async ({ name }) => {
          const id = idIn(name);
          return id === undefined ? undefined : await read(name, id);
        }),
      );
      const items = found.flatMap((record) => (record === undefined ? [] : [record.value]));
      return cursor === undefined ? { items } : { items, nextCursor: cursor };
    },
  };
}
