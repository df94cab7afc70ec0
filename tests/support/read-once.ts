import { fromEventLines, type ReadEventLines } from "../../shared/azure/storage/event-lines.ts";
import { fromStoredJson, type ReadStored } from "../../shared/azure/storage/stored-json.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";

// In a world each record that is written is read some four times, each line of a log twice, and reading takes longer than
// all else that storage in memory does. All who ask for a text share what it says, so it is frozen.

/** As many as are written and read again within minutes of a world. */
const mostKept = 500;

const records = new Map<string, { readonly schema: unknown; readonly value: unknown }>();
const lines = new Map<string, readonly LoggedEvent[]>();

/** Reads a text once, however often it is asked for. */
export const readOnce: ReadStored = (schema, text, label) => {
  const known = records.get(text);
  if (known?.schema === schema) return known.value as ReturnType<typeof schema.parse>;
  const value = frozen(fromStoredJson(schema, text, label));
  keep(records, text, { schema, value });
  return value;
};

/** Reads each line once. */
export const readLinesOnce: ReadEventLines = (text, label) =>
  text.split("\n").flatMap((line) => {
    const known = lines.get(line);
    if (known !== undefined) return known;
    const read = frozen(fromEventLines(line, label));
    keep(lines, line, read);
    return read;
  });

function keep<T>(kept: Map<string, T>, text: string, value: T): void {
  if (kept.size >= mostKept) kept.clear();
  kept.set(text, value);
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}
