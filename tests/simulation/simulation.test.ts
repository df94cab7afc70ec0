import { describe, expect, it } from "vitest";
import { play } from "./play.ts";
import { nothingYet, withPlayed } from "./summary.ts";
import { checkNames } from "./tally.ts";

describe("worlds with several schedules, owners and workers, people who change things, and faults at every step", () => {
  it.each([1, 6, 11, 16, 21, 26])("keep every promise, seeds from %i", async (first) => {
    let summary = nothingYet;
    for (let seed = first; seed < first + 5; seed++) summary = withPlayed(summary, await play({ seed }));
    expect(summary.failed).toEqual([]);
    expect(summary.slots).toBeGreaterThan(100);
  });

  it("are the same for the same seed, so that a failure can be looked at", async () => {
    const traces = [[], []] as [string[], string[]];
    for (const trace of traces) await play({ seed: 7, tell: (line) => trace.push(line) });
    expect(traces[1]).toEqual(traces[0]);
    expect(traces[0].length).toBeGreaterThan(100);
  });

  it("ask about every promise", async () => {
    let summary = nothingYet;
    for (let seed = 1; seed <= 10; seed++) summary = withPlayed(summary, await play({ seed }));
    const unasked = checkNames.filter((name) => !summary.checks[name] && name !== "catch-up policy");
    expect(unasked).toEqual([]);
  });
});
