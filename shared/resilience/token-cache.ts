import { minuteMs, secondMs } from "../kernel/clock.ts";

export interface FreshToken {
  readonly token: string;
  /** How long it lives from the moment it was asked for. */
  readonly seconds: number;
}

export interface TokenCache {
  /** @throws what asking for a fresh one throws */
  token(): Promise<string>;
  /** The other side refused this token: the next use asks for a fresh one. */
  refuse(token: string): void;
}

/** A token is renewed this long before it ends; one that lives shorter than twice that, after half of its life. */
const renewBeforeMs = 5 * minuteMs;

/** Keeps a token until shortly before its end. However many wait for a fresh one, it is asked for once. */
export function createTokenCache(monotonic: () => number, fetchToken: () => Promise<FreshToken>): TokenCache {
  let held: { token: string; until: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const askedAt = monotonic();
    const { token, seconds } = await fetchToken();
    const livesMs = seconds * secondMs;
    held = { token, until: askedAt + Math.max(livesMs - renewBeforeMs, livesMs / 2) };
    return token;
  };
  return {
    async token() {
      if (held !== undefined && monotonic() < held.until) return held.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    refuse(token) {
      if (held?.token === token) held = undefined;
    },
  };
}
