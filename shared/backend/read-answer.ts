import { z } from "zod";
import { detailsView, ticketView, userView } from "../catalog/backend.ts";
import { type Asked, unusable } from "./backend-failure.ts";

/** Fields that are not known here are dropped, and null counts as left out. */
const record = <Shape extends z.ZodObject>(shape: Shape) => z.preprocess(withoutNulls, shape);

const page = <Shape extends z.ZodObject>(shape: Shape) =>
  z.object({ total: z.int().min(0).max(1_000_000_000), items: z.array(record(shape)) });

export const answers = {
  user: record(userView.extend({ details: detailsView.optional() })),
  users: page(userView),
  ticket: record(ticketView),
  tickets: page(ticketView),
  rows: z.object({ data: z.array(z.record(z.string(), z.unknown())) }),
};

/** @throws BackendFailure that names the first field that does not fit */
export function readAs<Schema extends z.ZodType>(schema: Schema, json: unknown, asked: Asked): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  // A path of our own schema: none of the backend's words.
  const field = parsed.error.issues[0]?.path.join(".") || "the answer itself";
  throw unusable(asked, `an answer that does not fit, in ${field}`, parsed.error);
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
}
