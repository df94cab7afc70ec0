import { z } from "zod";

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. Slots are whole seconds. */
export type Instant = number;

/** Instants are numbers in code and ISO 8601 UTC text in blobs and answers, so that a person can read what is stored. */
export const instantSchema = z.codec(z.iso.datetime({ offset: true }), z.number().int(), {
  decode: (text) => Date.parse(text),
  encode: (instant) => new Date(instant).toISOString(),
});

export interface Clock {
  /** The storage service's time, not this machine's: workers with different clocks must agree on what is due. */
  now(): Instant;
  /** Milliseconds that only ever grow, for measuring how long ago something was in this process. */
  monotonic(): number;
}

/** Resolves after `milliseconds`, or at once when the signal aborts. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;

/** The second that has begun: slots are whole seconds. */
export const wholeSecond = (now: Instant): Instant => Math.floor(now / secondMs) * secondMs;

export const toIso = (instant: Instant): string => new Date(instant).toISOString();
