import type { CallbackEnvelope } from "../alarm/callback-envelope.ts";
import { invalid } from "../kernel/errors.ts";
import { parseRunId } from "../runs/run.ts";
import { plannedRunKey, slotInRunKey } from "../schedule/run-key.ts";
import type { Callback } from "../use-cases/take-callback.ts";
import type { Proof } from "./proof-of-origin.ts";

/**
 * What a proven callback asks for. A signed address names its slot itself; without one the body must, since no other
 * proof covers the address.
 * @throws AppError VALIDATION_ERROR when too little is named, or the body names something else than the address
 */
export function toCallback(proof: Proof, { conversationId, status, content = "" }: CallbackEnvelope): Callback {
  const named = conversationId === undefined ? undefined : readName(conversationId);
  if (proof.kind === "url") {
    if (named !== undefined && !isSame(proof.slot, named)) throw invalid(twoConversations);
    return { ...proof.slot, status, content, id: undefined };
  }
  if (named === undefined) throw invalid(noConversation);
  // Sent again, a report without a slot would be taken for the next one's.
  if (named.slot === undefined && status !== "due") throw invalid(noSlot);
  return { ...named, status, content, id: proof.kind === "webhook" ? proof.id : undefined };
}

type Named = Pick<Callback, "scheduleId" | "slot">;

/** A run that was asked for by hand has no slot of the plan; its id is none that a Scheduler may call back for. */
function readName(conversationId: string): Named {
  const { scheduleId, key = "" } = parseRunId(conversationId) ?? {};
  const slot = slotInRunKey(key);
  const isPlanned = slot !== undefined && key === plannedRunKey(slot);
  return scheduleId !== undefined && isPlanned ? { scheduleId, slot } : { scheduleId: conversationId, slot: undefined };
}

const isSame = (armed: Named, named: Named): boolean =>
  named.scheduleId === armed.scheduleId && (named.slot ?? armed.slot) === armed.slot;

const twoConversations =
  "The body names another conversation than the signed address. Send each callback to the address that was armed with it.";

const noConversation =
  'The callback names no conversation. Send {"conversationId","status","content"}, or use the signed address.';

const noSlot =
  "A report of work that was done must name its slot: conversationId is <schedule id>.p<slot in seconds since 1970>.";
