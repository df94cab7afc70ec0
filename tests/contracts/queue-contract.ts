import { describe, expect, it } from "vitest";
import type { Queue } from "../../shared/azure/storage/queue.ts";

export interface ReadableQueue {
  readonly queue: Queue;
  /** Takes what is visible now. */
  receive(): Promise<string[]>;
}

/** What every queue does with what is sent. `createQueue` gives an empty one. */
export function describeQueueContract(name: string, createQueue: () => ReadableQueue): void {
  describe(`${name}: queue`, () => {
    it("delivers the text", async () => {
      const { queue, receive } = createQueue();
      await queue.send('{"text":"grün"}', 0);
      expect(await receive()).toEqual(['{"text":"grün"}']);
    });

    it("hides a message until its delay is over", async () => {
      const { queue, receive } = createQueue();
      await queue.send("later", 1_000);
      await queue.send("in a week", 7 * 24 * 3600);
      expect(await receive()).toEqual([]);
    });
  });
}
