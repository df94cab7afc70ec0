import pMap from "p-map";
import type { Principal } from "../access/principal.ts";
import type { ConversationHead } from "../conversations/conversation-log.ts";
import type { Ports } from "../protocol/ports.ts";
import type { Run } from "../runs/run.ts";
import type { Page } from "../schedule/schedule-store.ts";
import { readHead } from "./read-conversation.ts";
import { type PageRequest, pageOf } from "./read-schedules.ts";

export interface ListedConversation {
  readonly head: ConversationHead;
  /** The newest of its runs in this page; it has ended. */
  readonly lastRun: Run;
}

/** Heads that are read at the same time. */
const concurrency = 10;

/** Pages of runs that one answer reads when many of them belong to the same conversations. */
const maximumPages = 3;

/**
 * The caller's conversations, by the end of their runs, newest first; each once in a page. Deleted ones are left out. A
 * page may be short, even empty, and still have a next cursor. The calls of listing ended runs, up to three times, and
 * one for each conversation.
 */
export function createListConversations(ports: Ports) {
  return async ({ owner }: Principal, { limit, cursor }: PageRequest): Promise<Page<ListedConversation>> => {
    const items: ListedConversation[] = [];
    const seen = new Set<string>();
    let next = cursor;
    for (let pages = 0; pages < maximumPages && items.length < limit; pages++) {
      const page = await ports.runs.listEnded(owner, pageOf({ limit: limit - items.length, cursor: next }));
      const fresh = page.items.filter(({ conversationId: id }) => !seen.has(id) && seen.add(id));
      const listed = await pMap(fresh, (run) => listedOf(ports, run), { concurrency });
      items.push(...listed.filter((conversation) => conversation !== undefined));
      next = page.nextCursor;
      if (next === undefined) return { items };
    }
    return next === undefined ? { items } : { items, nextCursor: next };
  };
}

async function listedOf(ports: Ports, lastRun: Run): Promise<ListedConversation | undefined> {
  const head = await readHead(ports, lastRun.conversationId);
  return head && { head, lastRun };
}
