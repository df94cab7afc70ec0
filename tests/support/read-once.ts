import type { ReadStored } from "../../shared/azure/storage/stored-json.ts";
import { fromStoredJson } from "../../shared/azure/storage/stored-json.ts";

/** As many as the records of one world that are written and read again within minutes of it. */
const mostKept = 500;

const kept = new Map<string, { readonly schema: unknown; readonly value: unknown }>();

/**
 * Reads a text once, however often it is asked for: in a world each record that is written is read some ten times, and
 * reading takes longer than all else that storage in memory does. All who ask share the value, so it is frozen.
 */
export const readOnce: ReadStored = (schema, text, label) => {
  const known = kept.get(text);
  if (known?.schema === schema) return known.value as ReturnType<typeof schema.parse>;
  const value = frozen(fromStoredJson(schema, text, label));
  if (kept.size >= mostKept) kept.clear();
  kept.set(text, { schema, value });
  return value;
};

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}
