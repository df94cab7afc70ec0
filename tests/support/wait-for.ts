import { setTimeout as sleep } from "node:timers/promises";

/**
 * Looks until `condition` gives something other than undefined, null or false, the less often the longer it takes.
 *
 * @throws Error at the limit.
 */
export async function waitFor<Found>(
  condition: () => Found | undefined | null | false | Promise<Found | undefined | null | false>,
  what: string | (() => string),
  limitSeconds = 20,
): Promise<Found> {
  const startedAt = Date.now();
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== null && found !== false) return found;
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > limitSeconds * 1000)
      throw new Error(`Waited ${limitSeconds} s in vain for ${typeof what === "string" ? what : what()}`);
    await sleep(Math.min(1000, Math.max(20, waitedMs / 10)));
  }
}
