import { expect, inject, it } from "vitest";
import { runKillTest } from "./kill.ts";

// Takes about 80 s: 20 of runs and kills, 25 until a killed run is taken up, the rest until the last message of a dead
// host has shown up again.
const limitMs = 180_000;

// `npm run kill-test` is the same with 200 runs and a new seed each time.
it(
  "loses no run, ends none twice and repeats no completed tool call while hosts are killed at random",
  async () => {
    const figures = await runKillTest({
      seed: 20,
      runs: 20,
      hosts: 3,
      spreadSeconds: 10,
      killWithinSeconds: 3,
      connectionString: inject("storageConnectionString"),
      appDirectory: inject("packagedApp"),
      report: () => undefined,
    });
    expect(figures).toMatchObject({ runs: 20 });
    expect(figures.kills).toBeGreaterThan(2);
  },
  limitMs,
);
