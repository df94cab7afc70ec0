import type { ConversationHead } from "../conversations/conversation-log.ts";
import { wholeSecond } from "../kernel/clock.ts";
import type { Run } from "../runs/run.ts";
import { chatDefinition, newChatGate, saidAt } from "../schedule/chat-gate.ts";
import { findOpen } from "../schedule/gate.ts";
import { triggeredRunKey } from "../schedule/run-key.ts";
import type { Schedule, Trigger } from "../schedule/schedule.ts";
import { type ConversationGates, chatGateId, findHolder, readGates } from "./conversation-holder.ts";
import { materialise, newEntry, newRun } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** Something that a person says. */
export interface Said {
  readonly head: ConversationHead;
  /** The conversation begins with it; its head may be there already when the call is a repeat. */
  readonly isNew: boolean;
  /** The id comes from the caller. */
  readonly isRepeatable: boolean;
  readonly message: string;
  /** Part of the run's name, the same for every repeat of the call. */
  readonly id: string;
  /** Of the message. */
  readonly fingerprint: string;
}

/**
 * `existing`: a repeat of the call. `held`: another run has hold of the conversation. `deleting`: the conversation is
 * being deleted, or that has stopped half way. `deleted`, `used`, `other_message`: what the id was used for before.
 */
export type OpenedChat =
  | { readonly kind: "opened" | "existing"; readonly run: Run }
  | { readonly kind: "held"; readonly run: Run }
  | { readonly kind: "deleting" | "deleted" | "used" | "other_message" };

/**
 * Opens a run that answers what a person says. The swap of the conversation's own gate decides between two who speak at
 * once, and against its deletion; between it and a run of the schedule, whose gate is another, the lease on the
 * conversation decides later. Five storage calls, one less for a conversation that belongs to no schedule; one more for
 * a new one under a caller's id.
 */
export async function openChat(ports: Ports, said: Said): Promise<OpenedChat> {
  for (let attempt = 0; attempt < 12; attempt++) {
    const opened = await openOnce(ports, said);
    if (opened !== "again") return opened;
  }
  throw new Error(`Conversation ${said.head.id} changed with every attempt to speak in it.`);
}

async function openOnce(ports: Ports, said: Said): Promise<OpenedChat | "again"> {
  const { head } = said;
  const gates = await readGates(ports, head);
  const gate = gates.chat?.value;
  if (gate?.status === "deleted" && said.isNew) return { kind: "deleted" };
  if (gate?.status === "deleted" && head.createdAt <= gate.updatedAt) return { kind: "deleting" };
  const known = gate?.triggers?.find(({ id }) => id === said.id);
  if (gate !== undefined && known !== undefined) return repeated(ports, gate, known, said);
  const mayBeKnown = gate === undefined && said.isNew && said.isRepeatable;
  if (mayBeKnown && (await wasUsed(ports, head))) return { kind: "used" };
  const holder = await findHolder(ports, gates, head.id);
  if (holder !== undefined) return holder === "again" ? "again" : { kind: "held", run: holder };
  if (said.isNew) await ports.log.createHead(head);
  return open(ports, gates, said);
}

/** The gate of a conversation in which nobody has spoken for long is forgotten, and with it the ids that were used. */
async function wasUsed({ log }: Ports, { id }: ConversationHead): Promise<boolean> {
  const beginning = await log.readSegment(id, 0);
  return beginning !== undefined && beginning.events.length > 0;
}

async function repeated(ports: Ports, gate: Schedule, known: Trigger, said: Said): Promise<OpenedChat> {
  if (known.fingerprint !== said.fingerprint) return { kind: "other_message" };
  const key = keyOf(known);
  const entry = findOpen(gate, key);
  if (entry?.state === "pending") return { kind: "existing", run: await materialise(ports, gate, entry) };
  const record = (await ports.runs.read({ scheduleId: gate.id, key }))?.value;
  const run = record ?? (entry && newRun(gate, entry, entry.openedAt));
  return run === undefined ? { kind: "used" } : { kind: "existing", run };
}

async function open(ports: Ports, { chat, schedule }: ConversationGates, said: Said): Promise<OpenedChat | "again"> {
  const { head, message, id, fingerprint } = said;
  const now = ports.clock.now();
  const definition = chatDefinition(schedule?.value, head.title, now);
  const identity = { id: chatGateId(head.id), owner: head.owner, chatIn: head.id };
  const before = chat?.value ?? newChatGate(identity, definition, now);
  const trigger: Trigger = { id, slot: wholeSecond(now), fingerprint };
  const run = { key: keyOf(trigger), slot: trigger.slot, kind: "chat", message } as const;
  const entry = newEntry(before, run, now);
  const gate = saidAt(before, { definition, segment: head.segment, trigger, entry, now });
  const isWritten =
    chat === undefined
      ? (await ports.schedules.create(gate)).created
      : (await ports.schedules.replace(gate, chat.version)) !== undefined;
  return isWritten ? { kind: "opened", run: await materialise(ports, gate, entry) } : "again";
}

const keyOf = ({ id, slot }: Trigger): string => triggeredRunKey("chat", id, slot);
