import MiniSearch from "minisearch";
import { z } from "zod";
import type { Knowledge, KnowledgeEntry } from "../catalog/knowledge.ts";
import { AppError } from "../kernel/errors.ts";
import sample from "./sample-knowledge.json" with { type: "json" };

/** Where the text of the knowledge base is kept. Throws a SERVICE_ERROR when it cannot be reached. */
export interface KnowledgeSource {
  read(known: string | undefined): Promise<{ text: string; version: string } | "unchanged" | undefined>;
  createOnce(text: string): Promise<void>;
}

export interface KnowledgeBase extends Knowledge {
  /** Puts the sample there when there is none, so that an operator finds a file to edit. */
  prepare(): Promise<void>;
}

const entriesSchema = z.array(z.object({ question: z.string().min(1), answer: z.string().min(1) })).max(10_000);

/** Question and answer pairs in one JSON text, ranked by the words of the query. One read for each `find`. */
export function createKnowledgeBase(source: KnowledgeSource): KnowledgeBase {
  let loaded: { version: string; entries: readonly KnowledgeEntry[]; index: MiniSearch } | undefined;

  async function load() {
    const found = await source.read(loaded?.version);
    if (found === undefined) {
      await source.createOnce(JSON.stringify(sample, null, 2));
      return indexed("sample", sample);
    }
    if (found !== "unchanged") loaded = indexed(found.version, parse(found.text));
    return loaded ?? indexed("sample", sample);
  }

  return {
    prepare: async () => {
      await load();
    },
    async find(query, limit) {
      const { entries, index } = await load();
      const found = query === undefined ? entries : index.search(query).flatMap(({ id }) => entries[Number(id)] ?? []);
      return { entries: found.slice(0, limit), total: found.length };
    },
  };
}

function indexed(version: string, entries: readonly KnowledgeEntry[]) {
  const index = new MiniSearch({
    fields: ["question", "answer"],
    searchOptions: { boost: { question: 2 }, prefix: true, fuzzy: 0.2 },
  });
  index.addAll(entries.map((entry, id) => ({ id, ...entry })));
  return { version, entries, index };
}

function parse(text: string): readonly KnowledgeEntry[] {
  const parsed = entriesSchema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new AppError(
    "SERVICE_ERROR",
    'The knowledge base cannot be read. The operator must mend the blob knowledge/kb.json: a JSON list of {"question", "answer"}.',
    {},
    parsed.error,
  );
}

/** Editors on Windows put a byte order mark in front, which is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
