import type { Retry } from "../../resilience/retry.ts";
import { refusalIn, unavailable } from "./storage-failure.ts";

/**
 * What to answer, by storage's own word for its "no" (x-ms-error-code). The HTTP status alone is not enough: a 404 may
 * come from a proxy on the way, and a 409 may mean that the container is being deleted.
 */
type Answers<R> = ReadonlyMap<string, R>;

/** One request with its limits, attempts and, the first time, the container or queue that it needs. */
export type StorageCall = <T, R = never>(
  send: (abortSignal: AbortSignal) => Promise<T>,
  answers?: Answers<R>,
) => Promise<T | R>;

export interface Home {
  /** Storage's word for its absence: ContainerNotFound or QueueNotFound. */
  readonly missing: string;
  readonly create: (abortSignal: AbortSignal) => Promise<unknown>;
}

/**
 * The container (or queue) is created by the first request that finds it missing. So a start needs no storage, a normal
 * request costs no check, and a failed creation is tried again by the next request.
 */
export function createStorageCall(retry: Retry, home: Home): StorageCall {
  const createHome = once(() => retry(home.create));

  async function sendHome<T>(send: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await retry(send);
    } catch (thrown) {
      if (refusalIn(thrown)?.word !== home.missing) throw thrown;
      await createHome();
      return await retry(send);
    }
  }

  return async <T, R>(send: (abortSignal: AbortSignal) => Promise<T>, answers?: Answers<R>): Promise<T | R> => {
    try {
      return await sendHome(send);
    } catch (thrown) {
      for (const [word, answer] of answers ?? []) if (word === refusalIn(thrown)?.word) return answer;
      throw unavailable(thrown);
    }
  };
}

/** Callers at the same time share one run; the next caller after it starts a new one. */
function once(run: () => Promise<unknown>): () => Promise<unknown> {
  let running: Promise<unknown> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
