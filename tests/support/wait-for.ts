import { setTimeout as sleep } from "node:timers/promises";

/** Looks until `condition` gives something other than undefined, null or false. @throws Error at the limit. */
export async function waitFor<Found>(
  condition: () => Found | undefined | null | false | Promise<Found | undefined | null | false>,
  what: string | (() => string),
  limitSeconds = 20,
): Promise<Found> {
  const limit = Date.now() + limitSeconds * 1000;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > limit)
      throw new Error(`Waited ${limitSeconds} s in vain for ${typeof what === "string" ? what : what()}`);
    await sleep(20);
  }
}
