import { fromCursor, toCursor } from "../../kernel/resume.ts";
import type { RunReference } from "../../runs/run.ts";
import type { EndedQuery } from "../../runs/run-store.ts";
import type { Page } from "../../schedule/schedule-store.ts";
import type { Blobs } from "./blobs.ts";
import { type History, historyPrefix, parseHistoryName } from "./names.ts";

/** Names of one list call when most of them may have another outcome than the one that is asked for. */
const searchedNames = 500;

/** List calls of one answer: a rarer outcome is found by going on with the cursor. */
const maximumPages = 4;

/** The ended runs that a query finds by the names of their markers, newest end first; reads no record. */
export async function listEndedReferences(
  blobs: Blobs,
  owner: string,
  { outcome, limit, cursor }: EndedQuery,
): Promise<Page<RunReference>> {
  const history: History = outcome !== undefined && outcome !== "succeeded" ? "unusual" : "history";
  const prefix = historyPrefix(owner, history);
  const items: RunReference[] = [];
  let { page, after } = fromCursor(cursor);
  for (let pages = 0; pages < maximumPages; pages++) {
    const listed = await blobs.listPage({
      prefix,
      limit: outcome === undefined ? limit : searchedNames,
      ...(page === undefined ? {} : { cursor: page }),
    });
    for (const { name } of listed.blobs) {
      const entry = parseHistoryName(name, history);
      const isFound = entry !== undefined && (outcome === undefined || entry.outcome === outcome);
      if (!isFound || (after !== undefined && name <= after)) continue;
      if (items.length === limit) return { items, nextCursor: toCursor({ page, after }) };
      items.push({ scheduleId: entry.scheduleId, key: entry.key });
      after = name;
    }
    page = listed.cursor;
    if (page === undefined) return { items };
    if (items.length === limit) break;
  }
  return { items, nextCursor: toCursor({ page, after }) };
}
