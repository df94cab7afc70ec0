import { z } from "zod";

/** The parts of a provider's error body that decide anything; empty where the provider says nothing. */
export interface ErrorBody {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly innerCode: string;
  /** The content filter's categories that matched, for example `violence`. */
  readonly categories: readonly string[];
}

/** Reads an error body of any shape; never throws. */
export function parseErrorBody(body: unknown): ErrorBody {
  const { code, type, message, innererror } = bodySchema.parse(body);
  const results = innererror.content_filter_result ?? innererror.content_filter_results ?? {};
  return { code, type, message, innerCode: innererror.code, categories: matchedCategories(results) };
}

// vLLM's code is the status as a number.
const textSchema = z.union([z.string(), z.number().transform(String)]).catch("");
export const resultsSchema = z.record(z.string(), z.unknown()).optional().catch(undefined);
const innerSchema = z.object({
  code: textSchema,
  content_filter_result: resultsSchema,
  content_filter_results: resultsSchema,
});
const bodySchema = z
  .object({ code: textSchema, type: textSchema, message: textSchema, innererror: innerSchema.catch({ code: "" }) })
  .catch({ code: "", type: "", message: "", innererror: { code: "" } });

/** Only plain words pass: a category reaches the caller, and foreign text must not. */
export function matchedCategories(results: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(results)
    .filter(([category, verdict]) => /^[a-z_]{1,40}$/.test(category) && matchedSchema.safeParse(verdict).success)
    .map(([category]) => category)
    .sort();
}

const matchedSchema = z.object({ filtered: z.literal(true) });
