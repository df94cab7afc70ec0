import type { z } from "zod";
import { type Damage, damageIn } from "../../kernel/damage.ts";
import type { Events } from "../../kernel/events.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Page, Version, Versioned } from "../../schedule/schedule-store.ts";
import type { Blobs, ListQuery } from "./blobs.ts";
import { createOwnWrites } from "./own-write.ts";
import { fromStoredJson, type ReadStored, toStoredJson } from "./stored-json.ts";

/** JSON records with create-once and compare-and-swap: what the schedule and the run store have in common. */
export interface Records<T> {
  read(name: string, id: string): Promise<Versioned<T> | undefined>;
  create(name: string, id: string, value: T): Promise<{ created: boolean; current: Versioned<T> }>;
  replace(name: string, value: T, version: Version): Promise<Version | undefined>;
  /**
   * In the given order, one read for each. A record that is gone is left out, and so is one that cannot be read: the
   * event storage.damaged says how many.
   */
  readAll(listed: readonly ListedRecord[]): Promise<readonly T[]>;
  /** One list call, then as `readAll`. */
  list(prefix: string, page: { limit: number; cursor?: string }): Promise<Page<T>>;
}

export interface ListedRecord {
  readonly name: string;
  readonly id: string;
}

export interface RecordKind<T> {
  readonly kind: Damage["kind"];
  readonly schema: z.ZodType<T>;
  /** The id in a blob's name, or undefined for a name that is not ours: such a blob is none of our records. */
  readonly idIn: (name: string) => string | undefined;
}

export function createRecords<T>(
  blobs: Blobs,
  ids: Ids,
  events: Events,
  { kind, schema, idIn }: RecordKind<T>,
  readStored: ReadStored = fromStoredJson,
): Records<T> {
  const ownWrites = createOwnWrites(blobs, ids);
  const parse = (text: string, id: string): T => readStored(schema, text, { kind, id });

  async function read(name: string, id: string): Promise<Versioned<T> | undefined> {
    const found = await blobs.read(name);
    return found && { value: parse(found.text, id), version: found.etag };
  }

  async function readAll(listed: readonly ListedRecord[]): Promise<readonly T[]> {
    const found = await Promise.all(listed.map(({ name, id }) => read(name, id).catch(asDamage)));
    reportLeftOut(found.flatMap((record) => (record !== undefined && "kind" in record ? [record] : [])));
    return found.flatMap((record) => (record === undefined || "kind" in record ? [] : [record.value]));
  }

  return {
    read,
    readAll,
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
      const ours = listed.flatMap(({ name }) => {
        const id = idIn(name);
        return id === undefined ? [] : [{ name, id }];
      });
      const items = await readAll(ours);
      return cursor === undefined ? { items } : { items, nextCursor: cursor };
    },
  };

  function reportLeftOut([first, ...others]: readonly Damage[]): void {
    if (first === undefined) return;
    events.record({
      level: "error",
      name: "storage.damaged",
      message: "A list leaves out records that are damaged and cannot be read.",
      fields: { kind, count: others.length + 1, first: first.id },
    });
  }
}

function asDamage(thrown: unknown): Damage {
  const damage = damageIn(thrown);
  if (damage === undefined) throw thrown;
  return damage;
}
