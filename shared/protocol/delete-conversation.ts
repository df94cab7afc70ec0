import type { ConversationHead } from "../conversations/conversation-log.ts";
import type { Run } from "../runs/run.ts";
import { chatDefinition, closedGate, newChatGate } from "../schedule/chat-gate.ts";
import { type ConversationGates, chatGateId, findHolder, readGates } from "./conversation-holder.ts";
import { continuedConversationId } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** `held`: a run has hold of it. `busy`: somebody works under its lease. Then nothing was changed. */
export type DeletedConversation =
  | { readonly kind: "deleted" }
  | { readonly kind: "held"; readonly run: Run }
  | { readonly kind: "busy" };

/**
 * Deletes a conversation under its lease. First nobody can speak in it any more and its schedule, which may go on in it,
 * is pointed to its beginning; then the segments go, newest first, so that whoever continues what is left of a deletion
 * that died reads no further than that; the head, by which it is found, goes last. Eleven storage calls for one of a
 * single segment, three more for each further one, and one more for the hint of its schedule.
 */
export async function deleteConversation(ports: Ports, head: ConversationHead): Promise<DeletedConversation> {
  const { log } = ports;
  for (let attempt = 0; attempt < 12; attempt++) {
    const run = await findHolder(ports, await readGates(ports, head), head.id);
    if (run === "again") continue;
    if (run !== undefined) return { kind: "held", run };
    const holder = ports.ids.unique();
    const lease = await log.acquire(head.id, holder);
    if (lease !== "held") return { kind: lease === "absent" ? "deleted" : "busy" };
    const removed = await removeUnderLease(ports, head, holder);
    if (removed !== "again") return { kind: removed };
  }
  throw new Error(`Conversation ${head.id} changed with every attempt to delete it.`);
}

async function removeUnderLease(
  ports: Ports,
  head: ConversationHead,
  holder: string,
): Promise<"deleted" | "busy" | "again"> {
  let removed: "deleted" | "busy" | "again" = "again";
  try {
    if (await closeGates(ports, head)) removed = (await ports.log.remove(head.id, holder)) ? "deleted" : "busy";
    return removed;
  } finally {
    // The lease has gone with the head.
    if (removed !== "deleted") await ports.log.release(head.id, holder);
  }
}

/** false: a run has come in between, or somebody else wrote. */
async function closeGates(ports: Ports, head: ConversationHead): Promise<boolean> {
  const gates = await readGates(ports, head);
  if ((await findHolder(ports, gates, head.id)) !== undefined) return false;
  return (await forgetSegment(ports, head, gates)) && (await closeChat(ports, head, gates));
}

async function forgetSegment(
  ports: Ports,
  { id }: ConversationHead,
  { schedule }: ConversationGates,
): Promise<boolean> {
  if (schedule === undefined || schedule.value.segment === 0) return true;
  if (continuedConversationId(schedule.value.id) !== id) return true;
  return (await ports.schedules.replace({ ...schedule.value, segment: 0 }, schedule.version)) !== undefined;
}

async function closeChat(ports: Ports, { id, owner, title }: ConversationHead, { chat }: ConversationGates) {
  const now = ports.clock.now();
  if (chat !== undefined)
    return (await ports.schedules.replace(closedGate(chat.value, now), chat.version)) !== undefined;
  const identity = { id: chatGateId(id), owner, chatIn: id };
  const gate = newChatGate(identity, chatDefinition(undefined, title, now), now);
  return (await ports.schedules.create(closedGate(gate, now))).created;
}
