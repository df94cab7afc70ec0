import { damageIn } from "../kernel/damage.ts";
import type { Ports } from "../protocol/ports.ts";
import { hasEnded, type Run } from "../runs/run.ts";
import { hasSpoken, isTranscriptDeleted } from "../runs/transcript.ts";

/** `none`: the run never spoke. `deleted`: its conversation was deleted since. */
export type Transcript = "kept" | "none" | "deleted";

/** What became of a run's transcript. One storage call for a run that has ended after it spoke, none for others. */
export function createFindTranscript({ log }: Ports) {
  return async (run: Run): Promise<Transcript> => {
    if (!hasSpoken(run)) return "none";
    if (!hasEnded(run)) return "kept";
    try {
      return isTranscriptDeleted(run, await log.readHead(run.conversationId)) ? "deleted" : "kept";
    } catch (thrown) {
      // Whoever opens the conversation makes its head anew.
      if (damageIn(thrown) === undefined) throw thrown;
      return "kept";
    }
  };
}
