import { minuteMs, secondMs } from "../../kernel/clock.ts";

/** How long and how much, for one server. */
export interface ClientLimits {
  /** Connecting and asking for the list, for a server on the network. */
  readonly openMs: number;
  /** The same for a program, which may have to be fetched by npx first. */
  readonly startMs: number;
  /** How long a look at the tools waits for a server; what takes longer goes on behind it. */
  readonly waitMs: number;
  readonly waitForProgramMs: number;
  /** One call without a sign of life; each progress notification starts it anew. */
  readonly callMs: number;
  /** A list is asked for again after this long. */
  readonly refreshMs: number;
  /** After a failure the server is left alone for this long, doubled with each further failure. */
  readonly restMs: number;
  readonly longestRestMs: number;
  /** Calls that are under way when the app stops have this long. */
  readonly lastCallsMs: number;
  /** Of one message; a run keeps 64 KiB of it. */
  readonly messageBytes: number;
}

export const clientLimits: ClientLimits = {
  openMs: 10 * secondMs,
  startMs: 30 * secondMs,
  waitMs: 5 * secondMs,
  waitForProgramMs: 15 * secondMs,
  callMs: minuteMs,
  refreshMs: 5 * minuteMs,
  restMs: secondMs,
  longestRestMs: 30 * secondMs,
  // The host grants ten in all, and a program that does not end by itself takes four.
  lastCallsMs: 5 * secondMs,
  messageBytes: 4 * 1024 * 1024,
};
