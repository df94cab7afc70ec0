import { ownedId, ownerInId } from "../access/owned-id.ts";
import type { ConversationHead } from "../conversations/conversation-log.ts";
import { derivedId } from "../kernel/ids.ts";
import { hasEnded, type Run } from "../runs/run.ts";
import { holderOf } from "../schedule/chat-gate.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { completeEnd } from "./end-run.ts";
import { materialise } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** The two through whose gates runs of one conversation may be open. */
export interface ConversationGates {
  /** What people say in it; absent before the first word. */
  readonly chat: Versioned<Schedule> | undefined;
  /** Whose runs speak in it. */
  readonly schedule: Versioned<Schedule> | undefined;
}

/** The gate of what people say in a conversation: derived, so that everybody means the same. */
export const chatGateId = (conversationId: string): string =>
  ownedId(ownerInId(conversationId) ?? "", derivedId("chat", conversationId));

/** Two storage calls, one for a conversation that belongs to no schedule. */
export async function readGates(ports: Ports, { id, scheduleId }: ConversationHead): Promise<ConversationGates> {
  const chat = await ports.schedules.read(chatGateId(id));
  return { chat, schedule: scheduleId === undefined ? undefined : await ports.schedules.read(scheduleId) };
}

/**
 * The run that has hold of a conversation. `again`: one has ended and its gate did not know yet; it does now. A run whose
 * caller died before it was woken is woken. No storage call when nothing is open, else one or two.
 */
export async function findHolder(
  ports: Ports,
  { chat, schedule }: ConversationGates,
  conversationId: string,
): Promise<Run | "again" | undefined> {
  for (const gate of [chat?.value, schedule?.value]) {
    const entry = gate && holderOf(gate, conversationId, ports.clock.now());
    if (gate === undefined || entry === undefined) continue;
    const run = await runOf(ports, gate, entry);
    if (!hasEnded(run)) return run;
    await completeEnd(ports, run);
    return "again";
  }
  return undefined;
}

async function runOf(ports: Ports, gate: Schedule, entry: OpenRun): Promise<Run> {
  const known = entry.state === "pending" ? undefined : await ports.runs.read({ scheduleId: gate.id, key: entry.key });
  return known?.value ?? materialise(ports, gate, entry);
}
