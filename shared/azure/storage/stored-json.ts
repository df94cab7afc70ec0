import { z } from "zod";
import { AppError } from "../../kernel/errors.ts";

/** What a blob is and whose, for the message when it cannot be read. */
export interface BlobLabel {
  readonly kind: "schedule" | "run" | "conversation head" | "conversation segment" | "heartbeat";
  readonly id: string;
}

/** As stored: one key a line, since a person who looks for a fault reads it; the indent of one costs few bytes. */
export const toStoredJson = <T>(schema: z.ZodType<T>, value: T): string =>
  JSON.stringify(z.encode(schema, value), null, 1);

/** Throws INTERNAL_ERROR when the text is not JSON or has another shape: a damaged blob is never taken for an absent one. */
export function fromStoredJson<T>(schema: z.ZodType<T>, text: string, label: BlobLabel): T {
  const parsed = schema.safeParse(parseJson(text, label));
  if (!parsed.success) throw damaged(label, parsed.error);
  return parsed.data;
}

export function parseJson(text: string, label: BlobLabel): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw damaged(label, thrown);
  }
}

export const damaged = (label: BlobLabel, cause: unknown): AppError =>
  new AppError(
    "INTERNAL_ERROR",
    `The stored ${label.kind} ${label.id} is damaged and cannot be read. The operator can restore or remove its blob.`,
    { kind: label.kind, id: label.id, reason: "damaged" },
    cause,
  );
