import { setPriority } from "node:os";
import { describe, expect, it } from "vitest";
import { mutantNamed, mutantNames } from "./mutants.ts";
import { play } from "./play.ts";

// A simulation that cannot fail proves nothing: each of these bugs has to be found, by a check that is about it.

// Leaves the machine to the tests beside it that wait for a clock.
setPriority(10);

/** Worlds in which each bug has to show; most show in the first ten. */
const mostSeeds = 150;

describe("a planted bug is caught", () => {
  it.each(mutantNames)("%s", async (name) => {
    const mutant = mutantNamed(name);
    const found = new Set<string>();
    const first = mutant?.firstSeed ?? 1;
    const isCaught = () => mutant?.caughtBy.some((check) => found.has(check)) ?? false;
    for (let seed = first; seed < first + mostSeeds && !isCaught(); seed++) {
      const { broken } = await play({ seed, mutant });
      for (const { check } of broken) found.add(check);
    }
    expect(
      [...found].filter((check) => mutant?.caughtBy.some((name) => name === check)),
      `found by ${[...found]}`,
    ).not.toEqual([]);
  });

  it("and there are at least sixteen of them", () => {
    expect(mutantNames.length).toBeGreaterThanOrEqual(16);
  });
});
