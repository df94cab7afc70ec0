import { type Instant, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { type RunMessage, runMessageSchema } from "../../shared/runs/run-queue.ts";
import type { MemoryQueue } from "./memory-queue.ts";
import { isAwake, type Process } from "./world-processes.ts";

/** A message is hidden this long while somebody works on it; a living worker goes on hiding it. */
const lockMs = 10 * minuteMs;
/** host.json, visibilityTimeout: when a message whose handler threw comes back. */
const redeliveryMs = 30 * secondMs;
/** host.json, maxDequeueCount: after that many deliveries a message goes to the poison queue. */
const maximumDeliveries = 5;

interface Delivery {
  readonly message: RunMessage;
  deliveries: number;
  visibleAt: Instant;
  holder?: Process | undefined;
}

export type StartHandler = (kind: "run" | "poison", message: RunMessage) => { process: Process; done: Promise<void> };

/** The Functions host between the queue and the workers: delivers, hides, delivers again and gives up. */
export function createHost(queue: MemoryQueue, now: () => Instant, workers: number, start: StartHandler) {
  const inbox: Delivery[] = [];
  let starvedAt: Instant = 0;

  function receive(): void {
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      inbox.push({
        message: runMessageSchema.parse(JSON.parse(taken.text)),
        deliveries: 0,
        visibleAt: taken.visibleAt,
      });
    }
  }

  const isHeld = ({ holder }: Delivery): boolean => holder !== undefined && isAwake(holder, now());

  function deliver(delivery: Delivery): void {
    const kind = delivery.deliveries >= maximumDeliveries ? "poison" : "run";
    delivery.deliveries++;
    delivery.visibleAt = now() + lockMs;
    const { process, done } = start(kind, delivery.message);
    delivery.holder = process;
    // Only who holds the message can finish with it: after a long freeze it may be with somebody else.
    void done.then(
      () => delivery.holder === process && inbox.splice(inbox.indexOf(delivery), 1),
      () => delivery.holder === process && giveBack(delivery),
    );
  }

  function giveBack(delivery: Delivery): void {
    delivery.holder = undefined;
    delivery.visibleAt = now() + redeliveryMs;
  }

  return {
    /** What could be delivered now. */
    ready(): readonly Delivery[] {
      receive();
      const visible = inbox.filter((delivery) => delivery.visibleAt <= now() && !isHeld(delivery));
      if (visible.length === 0) return [];
      if (inbox.filter(isHeld).length >= workers) {
        starvedAt = now();
        return [];
      }
      return visible;
    },
    deliver,
    next(): Instant {
      const from = now();
      let next = Infinity;
      const see = ({ visibleAt }: { visibleAt: Instant }) => {
        if (visibleAt > from && visibleAt < next) next = visibleAt;
      };
      for (const delivery of inbox) if (!isHeld(delivery)) see(delivery);
      for (const message of queue.waiting()) see(message);
      return next;
    },
    /** When a message last waited although it was due, because every worker was busy. */
    starvedAt: (): Instant => starvedAt,
    /** Messages that are not done with, visible or not. */
    unfinished: (): readonly RunMessage[] => {
      const waiting = queue.waiting().map(({ text }) => runMessageSchema.parse(JSON.parse(text)));
      return [...inbox.map(({ message }) => message), ...waiting];
    },
  };
}
