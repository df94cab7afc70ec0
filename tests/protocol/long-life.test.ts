import { expect, it } from "vitest";
import { createLongLife, type RunCost, runsPerSegment } from "../support/long-life.ts";

// A run reads the newest segment of its conversation, so what it costs depends on its place there and on nothing else:
// run 10 is compared with the one 10 000 runs later, and run 10 000, the last of its segment, with the last of the first.

/** Executed: 1 to 201, and 10 000 to 10 010. */
async function liveLong() {
  const life = await createLongLife();
  const costs = new Map<number, RunCost>();
  for (let number = 1; number <= runsPerSegment; number++) costs.set(number, await life.run(number));
  await life.skipAhead(runsPerSegment, 9_999);
  for (let number = 10_000; number <= 10_010; number++) costs.set(number, await life.run(number));
  return { life, costOf: (number: number) => costs.get(number) as RunCost };
}

/** The first run of a new segment, which has to begin it. */
async function rollEarly(): Promise<RunCost> {
  const life = await createLongLife();
  for (let number = 1; number <= runsPerSegment; number++) await life.run(number);
  return life.run(runsPerSegment + 1);
}

it("run 10 000 of a continued conversation costs what the early ones cost", async () => {
  const { life, costOf } = await liveLong();
  expect(await life.readRun(10_000)).toMatchObject({ outcome: "succeeded", epoch: 1, turns: 1 });

  for (const number of [200, 10_000, 10_010]) expect(costOf(number).calls).toEqual(costOf(10).calls);
  expectSameBytes(costOf(10_010), costOf(10));
  expectSameBytes(costOf(10_000), costOf(200));
  expect(costOf(10_000).prompt).toBeLessThanOrEqual(costOf(200).prompt + 1);

  const roll = await rollEarly();
  expect(costOf(10_001).calls).toEqual(roll.calls);
  expectSameBytes(costOf(10_001), roll);
}, 30_000);

/** Within a tenth. */
function expectSameBytes(late: RunCost, early: RunCost): void {
  expect(Math.abs(late.bytesRead - early.bytesRead)).toBeLessThanOrEqual(early.bytesRead / 10);
  expect(Math.abs(late.bytesWritten - early.bytesWritten)).toBeLessThanOrEqual(early.bytesWritten / 10);
}
