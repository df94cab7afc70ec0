import { AsyncLocalStorage } from "node:async_hooks";

/** A call that is going on: its request learns through this that no answer will come any more. */
export interface CallWatch {
  /** The stream that was to bring the answer is over and cannot be resumed. */
  readonly streamEnded: (cause: unknown) => void;
}

/**
 * Ties the HTTP request to the call that caused it. The SDK's transport swallows the end of a stream, and the call
 * would wait for its timeout (client 2.4: `_handleSseStream` tells only `onerror`).
 */
export const currentCall = new AsyncLocalStorage<CallWatch>();
