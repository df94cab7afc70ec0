import type { Instant } from "../kernel/clock.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import type { Dialect } from "./dialect.ts";

export interface Known {
  readonly name: Dialect["name"];
  readonly since: Instant;
}

export interface KnownDialect {
  /** The one that was found; looked for when there is none. @throws SchedulerFailure, or the signal's reason */
  current(signal: AbortSignal): Promise<Dialect>;
  /** It answers as if it were not there: the next use looks for it anew. */
  forget(dialect: Dialect): void;
  known(): Known | undefined;
  close(): Promise<void>;
}

export interface KnownDialectOptions {
  readonly find: (signal: AbortSignal) => Promise<Dialect>;
  readonly limitMs: number;
  readonly now: () => Instant;
  readonly onFound: (known: Known) => void;
}

/** Remembers what the Scheduler speaks. However many wait for it, it is looked for once; a failure is not remembered. */
export function createKnownDialect({ find, limitMs, now, onFound }: KnownDialectOptions): KnownDialect {
  let held: Dialect | undefined;
  let known: Known | undefined;
  let finding: Promise<Dialect> | undefined;

  const findNew = async (): Promise<Dialect> => {
    const signal = AbortSignal.timeout(limitMs);
    const found = await unlessAborted(find(signal), signal);
    held = found;
    // The same one anew, such as after a restart over there, is known since it was first found.
    if (known?.name !== found.name) {
      known = { name: found.name, since: now() };
      onFound(known);
    }
    return found;
  };
  const forget = (dialect: Dialect): void => {
    if (dialect !== held) return;
    held = undefined;
    void dialect.close().catch(() => undefined);
  };

  return {
    async current(signal) {
      if (held?.isOpen() === false) forget(held);
      if (held !== undefined) return held;
      finding ??= findNew().finally(() => {
        finding = undefined;
      });
      return unlessAborted(finding, signal);
    },
    forget,
    known: () => known,
    close: async () => held?.close(),
  };
}
