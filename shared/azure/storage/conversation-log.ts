import { type ConversationHead, type ConversationLog, headSchema } from "../../conversations/conversation-log.ts";
import { AppError } from "../../kernel/errors.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Blobs } from "./blobs.ts";
import { fromEventLines, type ReadEventLines, toEventLines } from "./event-lines.ts";
import { conversationFolder, headName, parseConversationName, segmentName } from "./names.ts";
import { createOwnWrites, removeVersion } from "./own-write.ts";
import { fromStoredJson, toStoredJson } from "./stored-json.ts";

/**
 * Conversations as a head (JSON, carries the lease) and append blobs of event lines. Only writes to the head need the
 * lease id: segments have no lease of their own, their fence is the append position. Costs and failures: see the port.
 */
export function createConversationLog(
  blobs: Blobs,
  ids: Ids,
  { leaseSeconds }: LeaseTerms,
  readLines: ReadEventLines = fromEventLines,
): ConversationLog {
  const ownWrites = createOwnWrites(blobs, ids);
  return {
    async createHead(head) {
      // Refused as `exists` or, while somebody works on the conversation, as `leased`: it is there either way.
      await blobs.write(headName(head.id), toStoredJson(headSchema, head), { condition: { ifAbsent: true } });
    },
    readHead: async (id) => (await readVersionedHead(blobs, id))?.head,
    acquire: async (id, holder) => await blobs.acquireLease(headName(id), holder, leaseSeconds),
    renew: async (id, holder) => (await blobs.renewLease(headName(id), holder)) === "held",
    async release(id, holder) {
      await blobs.releaseLease(headName(id), holder);
    },
    isHeld: async (id) => (await blobs.properties(headName(id)))?.leased ?? false,
    createSegment: async (id, segment) => await ownWrites.createAppend(segmentName(id, segment)),
    async readSegment(id, segment) {
      const found = await blobs.read(segmentName(id, segment));
      if (found === undefined) return undefined;
      const events = readLines(found.text, { kind: "conversation segment", id: `${id}/${segment}` });
      return { events, position: found.size };
    },
    async readTail(id, segment, position) {
      const bytes = await blobs.readRange(segmentName(id, segment), position, maximumTailBytes);
      if (bytes === undefined) return undefined;
      // Where the limit cuts a line, the rest of it is read the next time.
      const whole = Buffer.from(bytes.subarray(0, bytes.lastIndexOf(newline) + 1));
      const events = readLines(whole.toString(), { kind: "conversation segment", id: `${id}/${segment}` });
      return { events, position: position + whole.length };
    },
    async append(id, segment, position, events) {
      const result = await ownWrites.append(segmentName(id, segment), toEventLines(events), position);
      if (result === "absent") throw missingSegment(id, segment);
      return result;
    },
    async pointHead(id, segment, holder) {
      const current = await readVersionedHead(blobs, id);
      if (current === undefined || current.head.segment >= segment) return;
      const text = toStoredJson(headSchema, { ...current.head, segment });
      // Refused means that the lease is not ours any more. The next holder finds the segment by the seal before it.
      await ownWrites.replace(headName(id), text, current.version, holder);
    },
    async remove(id, holder) {
      for (const segment of (await listSegments(blobs, id)).toReversed()) {
        const name = segmentName(id, segment);
        const found = await blobs.properties(name);
        // As with an append: look, make sure that the lease is still ours, and touch only what was seen.
        if ((await blobs.renewLease(headName(id), holder)) !== "held") return false;
        if (found !== undefined && (await removeVersion(blobs, name, found.etag)) !== "removed") return false;
      }
      return (await blobs.remove(headName(id), { leaseId: holder })) === "removed";
    },
  };
}

export interface LeaseTerms {
  /** 15 to 60: what Blob Storage grants for a fixed time. */
  readonly leaseSeconds: number;
}

/** Far more than one segment holds. */
const maximumTailBytes = 8 * 1024 * 1024;

const newline = "\n".charCodeAt(0);

/** In order. */
async function listSegments(blobs: Blobs, id: string): Promise<readonly number[]> {
  const query = { prefix: conversationFolder(id), limit: 5000 };
  const segments: number[] = [];
  let page = await blobs.listPage(query);
  for (;;) {
    segments.push(...page.blobs.flatMap(({ name }) => parseConversationName(name)?.segment ?? []));
    if (page.cursor === undefined) return segments;
    page = await blobs.listPage({ ...query, cursor: page.cursor });
  }
}

async function readVersionedHead(
  blobs: Blobs,
  id: string,
): Promise<{ head: ConversationHead; version: string } | undefined> {
  const found = await blobs.read(headName(id));
  return (
    found && { head: fromStoredJson(headSchema, found.text, { kind: "conversation head", id }), version: found.etag }
  );
}

/** Nobody removes a segment of a living conversation, so the caller has not created it or the conversation is deleted. */
const missingSegment = (id: string, segment: number): AppError =>
  new AppError("INTERNAL_ERROR", `Segment ${segment} of conversation ${id} does not exist.`, {
    conversation: id,
    segment,
  });
