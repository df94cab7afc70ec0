import { inject, it } from "vitest";
import { expectKept } from "./expect-kept.ts";

it("keeps every promise in more than 1 000 slots, on real storage and real clients", { timeout: 600_000 }, async () => {
  await expectKept({ firstSeed: 1, slots: 1_000, connectionString: inject("storageConnectionString") });
});
