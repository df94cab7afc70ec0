import { expect, it } from "vitest";
import { shardOf } from "../../shared/schedule/shard.ts";
import { sampleId } from "../support/sample-records.ts";

it("spreads schedules evenly and always to the same shard", () => {
  const counts = [0, 0, 0, 0];
  for (let number = 0; number < 1000; number++) {
    const shard = shardOf(sampleId(number), 4);
    expect(shardOf(sampleId(number), 4)).toBe(shard);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(200);
});
