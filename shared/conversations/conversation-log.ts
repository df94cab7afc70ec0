import { z } from "zod";
import { instantSchema } from "../kernel/clock.ts";
import type { ConversationEvent, LoggedEvent } from "./events.ts";

export const headSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  owner: z.string(),
  title: z.string(),
  scheduleId: z.string().optional(),
  createdAt: instantSchema,
  /** Newest segment. */
  segment: z.number().int(),
});

export type ConversationHead = z.output<typeof headSchema>;

interface Segment {
  readonly events: readonly LoggedEvent[];
  /** Bytes in the segment: where the next append goes. */
  readonly position: number;
}

/**
 * A lease that ends sooner than this is renewed before the next write. Most calls take milliseconds; one that takes
 * longer than this may outlive the lease, and then the append position is what fences it.
 */
export const leaseSafetyMs = 5_000;

/**
 * Conversations as segments that only ever grow. One holder at a time writes, under a lease on the head; the append
 * position is the second fence. A holder is a UUID of the worker's own. One storage call each unless said otherwise;
 * throws a SERVICE_ERROR when storage does not answer.
 */
export interface ConversationLog {
  /** Creating one that exists is no error. */
  createHead(head: ConversationHead): Promise<void>;
  readHead(id: string): Promise<ConversationHead | undefined>;
  acquire(id: string, holder: string): Promise<"held" | "busy" | "absent">;
  /** false: somebody else took the lease, or the conversation is gone. */
  renew(id: string, holder: string): Promise<boolean>;
  /** Releasing a lease that is no longer ours is no error. */
  release(id: string, holder: string): Promise<void>;
  /** Somebody works on the conversation. false also when there is none. */
  isHeld(id: string): Promise<boolean>;
  /** false: it was there already. */
  createSegment(id: string, segment: number): Promise<boolean>;
  readSegment(id: string, segment: number): Promise<Segment | undefined>;
  /** What was appended since `position`, where an append has ended: a reader who follows a run reads nothing twice. */
  readTail(id: string, segment: number, position: number): Promise<Segment | undefined>;
  /**
   * Appends the events as one block at `position` and answers the new position. `undefined`: the segment has grown
   * since, by somebody else; our own block whose reply was lost is recognised (one more call) and answered as written.
   */
  append(
    id: string,
    segment: number,
    position: number,
    events: readonly ConversationEvent[],
  ): Promise<number | undefined>;
  /** Two calls; under the holder's lease. A head that already points there or further is left alone. */
  pointHead(id: string, segment: number, holder: string): Promise<void>;
  /**
   * Removes the segments, newest first, and then the head; under the holder's lease. false: the lease was lost or
   * somebody has written meanwhile, and what is left stays as it is. One list call, three calls for each segment, one
   * for the head.
   */
  remove(id: string, holder: string): Promise<boolean>;
}
