import { z } from "zod";
import { type BlobLabel, damaged } from "../../kernel/damage.ts";

/** As stored: one key a line, since a person who looks for a fault reads it; the indent of one costs few bytes. */
export const toStoredJson = <T>(schema: z.ZodType<T>, value: T): string =>
  JSON.stringify(z.encode(schema, value), null, 1);

/** `label` is what the blob would be if it could be read. Throws INTERNAL_ERROR when the text is not JSON or has another shape: a damaged blob is never taken for an absent one. */
export function fromStoredJson<T>(schema: z.ZodType<T>, text: string, label: BlobLabel): T {
  const parsed = schema.safeParse(parseJson(text, label));
  if (!parsed.success) throw damaged(label, parsed.error);
  return parsed.data;
}

/** How a store reads what it has stored. */
export type ReadStored = typeof fromStoredJson;

export function parseJson(text: string, label: BlobLabel): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw damaged(label, thrown);
  }
}
