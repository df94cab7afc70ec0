import { setPriority } from "node:os";
import { it } from "vitest";
import { startAzurite } from "../../tools/azurite.ts";
import { expectKept } from "./expect-kept.ts";

// Leaves the machine to the tests beside it that wait for a clock; so does the Azurite that it starts.
setPriority(10);

/** A stretch of worlds that comes to its slots with few calls, none of them very long: they end at about the same time. */
const firstSeed = 163;

it("keeps every promise in more than 200 slots, on real storage and real clients", { timeout: 600_000 }, async () => {
  const azurite = await startAzurite({ memory: true });
  try {
    await expectKept({ firstSeed, slots: 200, connectionString: azurite.connectionString });
  } finally {
    await azurite.stop();
  }
});
