import { setPriority } from "node:os";
import { it } from "vitest";
import { expectKept } from "./expect-kept.ts";

// Leaves the machine to the tests beside it that wait for a clock.
setPriority(10);

it("keeps every promise in more than 10 000 slots, on storage in memory", { timeout: 600_000 }, async () => {
  await expectKept({ firstSeed: 1, slots: 10_000 });
});
