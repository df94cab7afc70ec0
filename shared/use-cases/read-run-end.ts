import type { ConversationHead, ConversationLog } from "../conversations/conversation-log.ts";
import type { LoggedEvent } from "../conversations/events.ts";
import type { Ports } from "../protocol/ports.ts";
import { type Run, runId } from "../runs/run.ts";
import { isTranscriptDeleted } from "../runs/transcript.ts";

export interface RunEnd {
  readonly head: ConversationHead;
  /** The newest events of the run, oldest first. */
  readonly events: readonly LoggedEvent[];
}

/** A run that is further back in its conversation than so many segments is read with get_conversation. */
const searchedSegments = 4;

/**
 * How a run's part of its conversation ends; undefined when it has none, or none that is near enough. One storage call for the head, and one for
 * each segment from the newest back to where the run began.
 */
export function createReadRunEnd({ log }: Ports) {
  return async (run: Run, count: number): Promise<RunEnd | "deleted" | undefined> => {
    const head = await log.readHead(run.conversationId);
    if (isTranscriptDeleted(run, head)) return "deleted";
    if (head === undefined) return undefined;
    const id = runId(run);
    let events: readonly LoggedEvent[] = [];
    let searched = 0;
    for await (const segment of segmentsFromTheEnd(log, head)) {
      const own = segment.filter((event) => "run" in event && event.run === id);
      events = [...own, ...events];
      searched += 1;
      if (events.length >= count || own.some(({ type }) => type === "system") || searched === searchedSegments) break;
    }
    return events.length === 0 ? undefined : { head, events: events.slice(-count) };
  };
}

/** The head may not point to the newest segment yet. */
async function* segmentsFromTheEnd(
  log: ConversationLog,
  head: ConversationHead,
): AsyncGenerator<readonly LoggedEvent[]> {
  const read = async (number: number) => (await log.readSegment(head.id, number))?.events ?? [];
  const pointed = await read(head.segment);
  if (pointed.at(-1)?.type === "sealed") yield await read(head.segment + 1);
  yield pointed;
  for (let number = head.segment - 1; number >= 0; number--) yield await read(number);
}
