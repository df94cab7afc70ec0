import type { ConversationHead } from "../conversations/conversation-log.ts";
import { hasEnded, type Run } from "./run.ts";

/** The record of a run that was ended from outside may not know how many turns it had. */
export const hasSpoken = ({ turns, epoch }: Run): boolean => turns > 0 || epoch > 0;

/**
 * What the run has said is gone with its conversation, which a later run may have begun anew. An open run has hold of
 * its conversation, so nobody can delete that.
 * @param head of its conversation, as it is now
 */
export const isTranscriptDeleted = (run: Run, head: ConversationHead | undefined): boolean =>
  hasSpoken(run) && hasEnded(run) && (head === undefined || head.createdAt > (run.endedAt ?? head.createdAt));
