import type { EndedRun } from "../../runs/ended-run.ts";
import type { EndsQuery } from "../../runs/run-store.ts";
import type { Blobs } from "./blobs.ts";
import { parseDescription } from "./history-metadata.ts";
import { type History, historyStretches, parseHistoryName } from "./names.ts";

/** The most that one list call answers. */
const pageSize = 5000;

/** See the port. A marker that says nothing of its run is none of ours. */
export async function listEnds(blobs: Blobs, owner: string, { from, until, unusual, limit }: EndsQuery) {
  const history: History = unusual === true ? "unusual" : "history";
  const items: EndedRun[] = [];
  for (const prefix of historyStretches(owner, { from, until }, history)) {
    for await (const { name, metadata } of listAll(blobs, prefix, Math.min(pageSize, limit + 1))) {
      const entry = parseHistoryName(name, history);
      const described = parseDescription(metadata);
      if (entry === undefined || described === undefined || entry.endedAt >= until) continue;
      if (entry.endedAt < from) return { items, isComplete: true };
      if (items.length === limit) return { items, isComplete: false };
      items.push({ ...entry, ...described });
    }
  }
  return { items, isComplete: true };
}

async function* listAll(blobs: Blobs, prefix: string, limit: number) {
  let cursor: string | undefined;
  do {
    const page = await blobs.listPage({ prefix, limit, metadata: true, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.blobs;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
