import { z } from "zod";
import { parseJson } from "../../kernel/json.ts";
import { type ModelUsage, withFewModels } from "../../kernel/usage.ts";
import type { EndedRun } from "../../runs/ended-run.ts";
import type { Run } from "../../runs/run.ts";
import { runKindSchema } from "../../schedule/schedule.ts";
import type { Metadata } from "./blobs.ts";

/** What the history says about a run beside the name of its marker: tokens of a month are then sums over a listing. */
type Described = Pick<EndedRun, "kind" | "conversationId" | "isQuiet" | "usage">;

/**
 * Metadata travels in HTTP headers: ASCII, 8 KiB in all. Eight models of 64 characters, nine bytes each when encoded,
 * stay below 6 KiB.
 */
export const describeEnd = ({ kind, conversationId, quiet, usage = [] }: Run): Metadata => ({
  kind,
  conversation: conversationId,
  ...(quiet === undefined ? {} : { quiet: "true" }),
  usage: encodeURIComponent(JSON.stringify(withFewModels(usage).map(toRow))),
});

const rowSchema = z.tuple([z.string(), z.number().int(), z.number().int()]);
const toRow = ({ model, promptTokens, completionTokens }: ModelUsage): z.input<typeof rowSchema> => [
  model,
  promptTokens,
  completionTokens,
];

const metadataSchema = z.object({
  kind: runKindSchema,
  conversation: z.string(),
  quiet: z.literal("true").optional(),
  usage: z
    .string()
    .transform((text) => parseJson(decoded(text)))
    .pipe(z.array(rowSchema)),
});

/** undefined for a marker that nobody has described like this. */
export function parseDescription(metadata: Metadata = {}): Described | undefined {
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) return undefined;
  const { kind, conversation, quiet, usage } = parsed.data;
  return {
    kind,
    conversationId: conversation,
    isQuiet: quiet === "true",
    usage: usage.map(([model, promptTokens, completionTokens]) => ({ model, promptTokens, completionTokens })),
  };
}

/** Empty, which is no JSON, for a text that was never encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
