import { type Clock, secondMs } from "../../kernel/clock.ts";

/** This machine's two clocks, in milliseconds. */
export interface LocalClocks {
  readonly localNow: () => number;
  readonly monotonic: () => number;
}

/** One reply of the storage service: its Date header, and when we sent the request and had the reply (localNow). */
export interface DatedReply {
  readonly dateHeader: string | null | undefined;
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface ServiceClock {
  readonly clock: Clock;
  observe(reply: DatedReply): void;
}

/**
 * The storage service's time, learned from the Date headers of its replies, so that workers whose own clocks differ agree
 * on what is due. Date counts whole seconds: a reply dated D was written at D to D + 999 ms, some time between send and
 * receive, which bounds `service - local` to an interval. The intervals of all replies are intersected; an empty
 * intersection means that a clock was set (or drifted), and the newest reply starts over.
 *
 * Inside the interval the local clock is as good as the service's, so the offset is 0; otherwise it is the nearest bound.
 */
export function createServiceClock({ localNow, monotonic }: LocalClocks): ServiceClock {
  let possible: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return {
    clock: { now: () => localNow() + clamp(0, possible), monotonic },
    observe(reply) {
      const seen = offsetsIn(reply);
      if (seen !== undefined) possible = intersection(possible, seen) ?? seen;
    },
  };
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

function offsetsIn({ dateHeader, sentAt, receivedAt }: DatedReply): Interval | undefined {
  const date = Date.parse(dateHeader ?? "");
  // A reply that came before its request was sent: the local clock was set in between, and the reply tells nothing.
  if (Number.isNaN(date) || receivedAt < sentAt) return undefined;
  return { low: date - receivedAt, high: date + secondMs - 1 - sentAt };
}

function intersection(first: Interval, second: Interval): Interval | undefined {
  const both = { low: Math.max(first.low, second.low), high: Math.min(first.high, second.high) };
  return both.low <= both.high ? both : undefined;
}

const clamp = (number: number, { low, high }: Interval): number => Math.min(Math.max(number, low), high);
