import type { Ids } from "../../shared/kernel/ids.ts";

/** UUIDs in order, the same in every run. */
export function createSequentialIds(): Ids {
  let count = 0;
  return { unique: () => `00000000-0000-7000-8000-${String(++count).padStart(12, "0")}` };
}
