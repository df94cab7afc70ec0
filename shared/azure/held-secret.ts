import { minuteMs, secondMs } from "../kernel/clock.ts";
import type { Secret } from "../kernel/secret.ts";

export interface HeldSecret {
  /** @throws what fetching it throws, as long as there is none */
  read(): Promise<Secret>;
  isHeld(): boolean;
}

export interface HeldSecretOptions {
  readonly fetchSecret: () => Promise<Secret>;
  /** Whether a failure is the vault's answer that there is no such secret, which ends the one that is held. */
  readonly hasAnswered: (failure: unknown) => boolean;
  readonly monotonic: () => number;
}

/**
 * Keeps one secret for ten minutes. Who asks later gets the old one at once while a new one is fetched in the background,
 * and the old one for as long as that fails. However many ask, it is fetched once, and not again for a while after a
 * failure.
 */
export function createHeldSecret({ fetchSecret, hasAnswered, monotonic }: HeldSecretOptions): HeldSecret {
  let held: { readonly secret: Secret; readonly freshUntil: number } | undefined;
  let failed: { readonly failure: unknown; readonly until: number } | undefined;
  let fetching: Promise<Secret> | undefined;
  const fetchOnce = (): Promise<Secret> => {
    fetching ??= fetchSecret()
      .then(
        (secret) => {
          held = { secret, freshUntil: monotonic() + keptMs };
          failed = undefined;
          return secret;
        },
        (failure: unknown) => {
          if (hasAnswered(failure)) held = undefined;
          failed = { failure, until: monotonic() + pauseMs };
          throw failure;
        },
      )
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  };
  return {
    isHeld: () => held !== undefined,
    async read() {
      const now = monotonic();
      const isPause = failed !== undefined && now < failed.until;
      if (held === undefined) {
        if (isPause) throw failed?.failure;
        return fetchOnce();
      }
      // What goes wrong has been recorded, and is thrown to nobody while there is a secret.
      if (now >= held.freshUntil && !isPause) fetchOnce().catch(() => undefined);
      return held.secret;
    },
  };
}

/** A rotated secret is seen after this long. */
const keptMs = 10 * minuteMs;

/** A vault that fails is left alone for so long by each secret; its client has already tried four times. */
const pauseMs = 10 * secondMs;
