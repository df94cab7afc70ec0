import { ownerInId } from "../access/owned-id.ts";
import type { Principal } from "../access/principal.ts";
import type { ConversationHead } from "../conversations/conversation-log.ts";
import type { LoggedEvent } from "../conversations/events.ts";
import { notFound } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";
import { despiteDamage } from "../protocol/set-aside.ts";

export interface ConversationPage {
  readonly head: ConversationHead;
  /** Each with its place in the conversation: `<segment>:<index>`. */
  readonly events: readonly { readonly position: string; readonly event: LoggedEvent }[];
  /** Position of the first event that is not in this page. */
  readonly next?: string;
}

/**
 * Events of a conversation, oldest first, from a position on.
 * One storage call for the head and one for each segment that the page touches.
 */
export function createGetConversation(ports: Ports) {
  return async (
    principal: Principal,
    id: string,
    from: string | undefined,
    limit: number,
  ): Promise<ConversationPage> => {
    return readPage(ports, await readOwnHead(ports, principal, id), parsePosition(from), limit);
  };
}

/**
 * The head of the caller's conversation. Unknown, deleted and somebody else's are one answer; the last costs no storage
 * call.
 */
export async function readOwnHead(ports: Ports, principal: Principal, id: string): Promise<ConversationHead> {
  const head = ownerInId(id) === principal.owner ? await readHead(ports, id) : undefined;
  if (head !== undefined) return head;
  throw notFound(
    "conversation",
    id,
    "list_conversations shows yours; that of a run begins with the run, and get_run names it.",
  );
}

/** A damaged head is made anew; only while somebody works on the conversation the caller hears of the damage. */
export async function readHead(ports: Ports, id: string): Promise<ConversationHead | undefined> {
  const first = await despiteDamage(ports, {}, async () => ({ head: await ports.log.readHead(id) }));
  return typeof first === "object" ? first.head : ports.log.readHead(id);
}

interface Position {
  readonly segment: number;
  readonly index: number;
}

async function readPage(
  ports: Ports,
  head: ConversationHead,
  from: Position,
  limit: number,
): Promise<ConversationPage> {
  const events: ConversationPage["events"][number][] = [];
  for (let number = from.segment; ; number++) {
    const segment = await ports.log.readSegment(head.id, number);
    // A damaged segment was moved aside, and the conversation went on in the next one.
    if (segment === undefined && number < head.segment) continue;
    if (segment === undefined) return { head, events };
    const first = number === from.segment ? from.index : 0;
    for (const [offset, event] of segment.events.slice(first).entries()) {
      const position = `${number}:${first + offset}`;
      if (events.length === limit) return { head, events, next: position };
      events.push({ position, event });
    }
    if (segment.events.at(-1)?.type !== "sealed") return { head, events };
  }
}

function parsePosition(text: string | undefined): Position {
  const match = /^(\d{1,6}):(\d{1,9})$/.exec(text ?? "0:0");
  if (match === null) {
    throw notFound("event position", text ?? "", "Use next_from_event of an earlier answer, or leave from_event out.");
  }
  return { segment: Number(match[1]), index: Number(match[2]) };
}
