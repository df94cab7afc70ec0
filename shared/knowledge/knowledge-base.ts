import MiniSearch from "minisearch";
import type { Knowledge, KnowledgeEntry } from "../catalog/knowledge.ts";
import { readEntries } from "./read-entries.ts";
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

/**
 * Question and answer pairs in one JSON text, ranked by the words of the query. One read for each `find`, of which only
 * the first and those after a change get the text. A text that is broken is an error until it is mended: entries from
 * before it would be taken for what it says now.
 */
export function createKnowledgeBase(source: KnowledgeSource): KnowledgeBase {
  let loaded: { version: string; entries: readonly KnowledgeEntry[]; index: MiniSearch } | undefined;

  async function load() {
    const found = await source.read(loaded?.version);
    if (found === undefined) {
      await source.createOnce(JSON.stringify(sample, null, 2));
      return indexed("sample", sample);
    }
    if (found !== "unchanged") loaded = indexed(found.version, readEntries(found.text));
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
