import { it } from "vitest";
import { expectKept } from "./expect-kept.ts";

it("keeps every promise in more than 100 000 slots, on storage in memory", { timeout: 600_000 }, async () => {
  await expectKept({ firstSeed: 1, slots: 100_000 });
});
