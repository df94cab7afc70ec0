import { describe, expect, it } from "vitest";
import { hourMs } from "../../shared/kernel/clock.ts";
import type { MemoryBlobs } from "../support/memory-blobs.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn } from "../support/world-state.ts";

// An operator who restores a backup has a copy of the container, and neither the leases nor the queue's messages.

const slots = [5, 15, 25].map(minute);
const timing = { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(25) };
const model: NonNullable<WorldOptions["model"]> = ({ turn }) =>
  turn === 0 ? { tools: ["look_up"], takesMs: 40_000 } : { text: "Done.", takesMs: 40_000 };

/** The moments at which something of a run is going on, and some at which nothing is. */
const underWay = [5, 5.3, 5.7, 6, 15.2, 16, 25.9];
const moments = [0.5, 3, 4.9, ...underWay, 6.5, 10, 40];

/** An app on the copy, an hour later, which lives by ticks and the hourly repair alone. */
async function restored(from: World, at: number, answers = model): Promise<World> {
  const world = createWorld({
    start: minute(Math.ceil(at)) + hourMs,
    repairs: true,
    model: answers,
  });
  // Ids of the first app are in the copy; those of the second must not repeat them.
  for (let made = 0; made < 5000; made++) world.ports.ids.unique();
  await copyBlobs(from.blobs, world.blobs);
  await world.advanceTo(world.start + 3 * hourMs);
  return world;
}

async function copyBlobs(from: MemoryBlobs, to: MemoryBlobs): Promise<void> {
  for (const name of from.names()) {
    const found = await from.readBytes(name);
    const metadata = (await from.properties(name))?.metadata ?? {};
    if (found === undefined || found === "unchanged") throw new Error(`${name} has gone.`);
    if (!name.endsWith(".jsonl")) await to.write(name, found.bytes, { condition: "always", metadata });
    else {
      await to.createAppend(name, metadata);
      await to.append(name, found.bytes, 0);
    }
  }
}

describe("a copy of the container, restored an hour later without its queue", () => {
  it.each(moments)("goes on as it was at minute %d: each slot has one record, and each run one end", async (at) => {
    const first = createWorld({ model });
    const schedule = await first.schedule({ timing, policies: { catchUp: "all", catchUpWindowSeconds: 7200 } });
    await first.advanceTo(minute(at));
    const world = await restored(first, at);
    // The call that was under way at the copy is made again.
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
    // Its time went on running: whoever restores too late finds it among the failures and can trigger it again.
    const outcomes = await outcomesIn(world, schedule);
    const late = outcomes.filter((outcome) => outcome === "timed_out: timeout");
    expect(late).toHaveLength(underWay.includes(at) ? 1 : 0);
    expect(outcomes.filter((outcome) => outcome === "succeeded")).toHaveLength(3 - late.length);
  });

  it("still waits for the decision that it was waiting for, and goes on by itself when nobody decides", async () => {
    const asks: NonNullable<WorldOptions["model"]> = ({ turn }) =>
      turn === 0 ? { tools: ["send"] } : { text: "Done." };
    const first = createWorld({ model: asks });
    const schedule = await first.schedule({ timing: { run_at: minuteIso(5) }, allowedTools: ["desk:*"] });
    await first.advanceTo(minute(8));
    const world = await restored(first, 8, asks);
    expect(await world.approvals()).toHaveLength(1);
    await world.advanceTo(world.now() + 25 * hourMs);
    expect(await runsIn(world, schedule)).toMatchObject([{ state: "ended", outcome: "succeeded" }]);
    expect(await world.approvals()).toEqual([]);
  });
});
