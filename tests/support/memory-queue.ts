import type { Queue } from "../../shared/azure/storage/queue.ts";

interface MemoryMessage {
  readonly text: string;
  /** On the storage service's clock. */
  readonly visibleAt: number;
}

/** As for blobs: throw before or after `perform`, or call it twice for a message that was sent twice. */
type InterceptQueue = (text: string, perform: () => void) => Promise<void>;

export interface MemoryQueue extends Queue {
  /** Every message that was not taken yet, in the order of sending. */
  waiting(): readonly MemoryMessage[];
  /** Takes the first message that is visible by now; the taker is taken to finish its work. */
  take(): MemoryMessage | undefined;
}

export interface MemoryQueueOptions {
  readonly now: () => number;
  readonly intercept?: InterceptQueue;
  /** What the queue makes of one message: the delays of its copies, [delaySeconds] when all is well. */
  readonly deliverAfter?: ((delaySeconds: number) => readonly number[]) | undefined;
}

/** A storage queue in memory. */
export function createMemoryQueue({
  now,
  intercept = passThrough,
  deliverAfter = (delaySeconds) => [delaySeconds],
}: MemoryQueueOptions): MemoryQueue {
  const messages: MemoryMessage[] = [];
  return {
    send: (text, delaySeconds) =>
      intercept(text, () => {
        for (const delay of deliverAfter(delaySeconds)) messages.push({ text, visibleAt: now() + delay * 1000 });
      }),
    waiting: () => messages,
    take() {
      const at = now();
      const index = messages.findIndex(({ visibleAt }) => visibleAt <= at);
      return index === -1 ? undefined : messages.splice(index, 1)[0];
    },
  };
}

const passThrough: InterceptQueue = async (_text, perform) => perform();
