import type { Principal } from "../access/principal.ts";
import type { ConversationHead } from "../conversations/conversation-log.ts";
import { invalid } from "../kernel/errors.ts";
import { deleteConversation } from "../protocol/delete-conversation.ts";
import type { Ports } from "../protocol/ports.ts";
import { busyWith } from "./conversation-busy.ts";
import { readOwnHead } from "./read-conversation.ts";

/**
 * Deletes a conversation with everything that was said in it; refused while a run has hold of it. A schedule that
 * continues it begins it anew with its next run. A call that died is completed by its repeat; after that there is no
 * such conversation any more. One storage call, and those of the deletion.
 */
export function createDeleteConversation(ports: Ports) {
  return async (principal: Principal, id: string): Promise<ConversationHead> => {
    const head = await readOwnHead(ports, principal, id);
    const deleted = await deleteConversation(ports, head);
    if (deleted.kind === "held") throw busyWith(deleted.run, "delete it");
    if (deleted.kind === "deleted") return head;
    throw invalid("Somebody works on this conversation at this moment. Try again in a minute.", {
      reason: "conflict",
    });
  };
}
