import { type Clock, secondMs } from "../../kernel/clock.ts";

/** This machine's two clocks, in milliseconds. */
export interface LocalClocks {
  readonly localNow: () => number;
  readonly monotonic: () => number;
}

/** One reply of the storage service: its Date header, and when we sent the request and had the reply (monotonic). */
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
 * receive, which bounds `service - monotonic` to an interval. The intervals of all replies are intersected; an empty
 * intersection means that the clocks drifted (or that the machine slept), and the newest reply starts over.
 *
 * The local clock only tells where inside the interval it is, as far as it lies there: somebody may set it at any time,
 * and until the next reply nobody would know. Before the first reply it is all there is.
 */
export function createServiceClock({ localNow, monotonic }: LocalClocks): ServiceClock {
  let possible: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  return {
    clock: { now: () => Math.round(monotonic() + clamp(localNow() - monotonic(), possible)), monotonic },
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
  if (Number.isNaN(date)) return undefined;
  return { low: date - receivedAt, high: date + secondMs - 1 - sentAt };
}

function intersection(first: Interval, second: Interval): Interval | undefined {
  const both = { low: Math.max(first.low, second.low), high: Math.min(first.high, second.high) };
  return both.low <= both.high ? both : undefined;
}

const clamp = (number: number, { low, high }: Interval): number => Math.min(Math.max(number, low), high);
