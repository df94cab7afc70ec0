import { expect } from "vitest";
import { simulate } from "./simulate.ts";
import { describe as table } from "./summary.ts";

/** A failure names its seed: `npm run simulate -- --seed <it>` shows every step of it. */
export async function expectKept(simulation: Parameters<typeof simulate>[0] & { slots: number }): Promise<void> {
  const startedAt = performance.now();
  const summary = await simulate(simulation);
  expect(summary.failed, table(summary, (performance.now() - startedAt) / 1000)).toEqual([]);
  expect(summary.slots).toBeGreaterThanOrEqual(simulation.slots);
}
