import { z } from "zod";
import type { KnowledgeEntry } from "../catalog/knowledge.ts";
import { AppError } from "../kernel/errors.ts";

const entriesSchema = z
  .array(z.object({ question: z.string().trim().min(1), answer: z.string().trim().min(1) }))
  .max(10_000);

/**
 * The pairs in the text of a knowledge base. @throws SERVICE_ERROR that says which entry is wrong, or where the text is
 * no JSON; nothing of what stands there is repeated
 */
export function readEntries(text: string): readonly KnowledgeEntry[] {
  const json = parse(text);
  if ("problem" in json) throw broken(json.problem, json.cause);
  const parsed = entriesSchema.safeParse(json.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw broken(issue === undefined ? "it cannot be read" : problemIn(issue), parsed.error);
}

const broken = (problem: string, cause: unknown): AppError =>
  new AppError(
    "SERVICE_ERROR",
    `The knowledge base cannot be read: ${problem}. The operator must mend the blob knowledge/kb.json: a JSON list of {"question", "answer"}.`,
    {},
    cause,
  );

type Parsed = { readonly value: unknown } | { readonly problem: string; readonly cause: unknown };

/** Editors on Windows put a byte order mark in front, which is no JSON. */
function parse(text: string): Parsed {
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch (thrown) {
    const place = /\(line (\d+) column (\d+)\)/.exec(thrown instanceof Error ? thrown.message : "");
    const where = place === null ? "" : ` from line ${place[1]}, column ${place[2]} on`;
    // What the parser says repeats the text, so the place alone is kept.
    return { problem: `it is no JSON${where}`, cause: new SyntaxError(`No JSON${where}.`) };
  }
}

function problemIn({ code, path, input }: z.core.$ZodIssue): string {
  const [index, field] = path;
  if (index === undefined) return code === "too_big" ? "it has more than 10000 entries" : "it is no list";
  const entry = `entry ${Number(index) + 1}`;
  if (field === undefined) return `${entry} is no object`;
  if (input === undefined) return `${entry} has no ${String(field)}`;
  return code === "too_small" ? `${entry} has an empty ${String(field)}` : `${entry}: ${String(field)} is no text`;
}
