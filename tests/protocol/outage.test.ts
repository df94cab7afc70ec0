import { describe, expect, it } from "vitest";
import { secondMs } from "../../shared/kernel/clock.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";
import type { Step } from "../support/world-steps.ts";

const hour = 60;
const day = 24 * hour;

/**
 * A schedule of every hour whose timer stands still for a long time: two slots are run before, two come after, and the
 * newest of those between is seven minutes late when the timer is back.
 */
async function afterOutage(minutes: number, policies: Partial<Policies>) {
  const world = createWorld({ workers: 2, model: () => ({ text: "Done.", takesMs: 20 * secondMs }) });
  const last = 4 * hour + minutes;
  const schedule = await world.schedule({
    timing: { every_minutes: hour, start_at: minuteIso(hour), end_at: minuteIso(last) },
    policies,
  });
  await world.advanceTo(minute(2 * hour + 1));
  world.switches.ticking = false;
  await world.advanceTo(minute(2 * hour + minutes + 7) - 1);
  const before = world.steps.length;
  const openRuns = async () => (await scheduleIn(world, schedule)).open.length;
  world.switches.ticking = true;
  await world.advanceTo(minute(2 * hour + minutes + 7));
  const afterFirstTick = await openRuns();
  await world.advanceTo(minute(2 * hour + minutes + 8));
  const afterSecondTick = await openRuns();
  await world.advanceTo(minute(last + 24 * hour));

  const slots = Array.from({ length: last / hour }, (_, index) => minute((index + 1) * hour));
  const runs = await runsIn(world, schedule);
  const steps = world.steps.slice(before);
  return {
    slots,
    runs,
    open: { afterFirstTick, afterSecondTick },
    missed: runs.filter(({ outcome }) => outcome === "missed"),
    caughtUp: runs.filter(({ kind, outcome }) => kind === "catchup" && outcome === "succeeded"),
    warnings: world.recorded.filter(({ name }) => name === "slot.missed").length,
    messages: steps.filter(({ kind }) => kind === "send").length,
    calls: steps.filter((step) => !isIdle(step)).length,
    broken: await brokenPromises(world, schedule, { slots, licences: 0 }),
  };
}

type Told = Awaited<ReturnType<typeof afterOutage>>;

/** What a tick with nothing due does too, and what is not storage. */
const isIdle = ({ kind, name }: Step): boolean => kind === "listPage" || kind === "model" || name === "ticks/last.json";

/** Every slot of the plan was executed or lies in the range of a missed record, never both and never twice. */
function expectEachSlotOnce({ slots, runs, broken }: Told): void {
  const executed = runs.filter(({ outcome }) => outcome === "succeeded").map(({ slot }) => slot);
  const ranges = runs.filter(({ outcome }) => outcome === "missed");
  const accounts = slots.map((slot) => [
    ...executed.filter((other) => other === slot),
    ...ranges.filter((range) => range.slot <= slot && slot <= (range.missedThrough ?? 0)),
  ]);
  expect(accounts.map(({ length }) => length)).toEqual(slots.map(() => 1));
  expect(executed.length + ranges.length).toBe(runs.length);
  expect(broken).toEqual([]);
}

/** Each executed run: its message and the spare one, and one more when it had to wait for another. */
const messagesOf = (runs: number): number => 3 * runs;
/** Each run 13 calls and 6 to dispatch it; each message that finds its run ended, or waiting, a few reads. */
const callsOf = (runs: number, missed: number): number => 13 * runs + 6 * (runs + missed) + 4 * messagesOf(runs);

describe.each([
  { name: "24 hours", minutes: day, late: 24 },
  { name: "30 days", minutes: 30 * day, late: 30 * 24 },
])("after $name without a timer", ({ minutes, late }) => {
  it("catch_up one runs the newest slot, and one record stands for all before it", async () => {
    const told = await afterOutage(minutes, { catchUp: "one" });
    expectEachSlotOnce(told);
    expect(told.caughtUp.map(({ slot }) => slot)).toEqual([told.slots[late + 1]]);
    expect(told.missed).toMatchObject([{ slot: told.slots[2], missedThrough: told.slots[late] }]);
    expect(told.warnings).toBe(1);
    expect(told.messages).toBeLessThanOrEqual(messagesOf(3));
    expect(told.calls).toBeLessThanOrEqual(callsOf(3, 1));
  });

  it("catch_up none runs nothing that is late, and one record stands for all of it", async () => {
    const told = await afterOutage(minutes, { catchUp: "none" });
    expectEachSlotOnce(told);
    expect(told.caughtUp).toEqual([]);
    expect(told.missed).toMatchObject([{ slot: told.slots[2], missedThrough: told.slots[late + 1] }]);
    expect(told.warnings).toBe(1);
    expect(told.messages).toBeLessThanOrEqual(messagesOf(2));
    expect(told.calls).toBeLessThanOrEqual(callsOf(2, 1));
  });

  it("catch_up all runs the slots of the last 24 hours one after the other; one record stands for those before", async () => {
    const told = await afterOutage(minutes, { catchUp: "all" });
    expectEachSlotOnce(told);
    expect(told.caughtUp.map(({ slot }) => slot)).toEqual(told.slots.slice(late + 2 - 24, late + 2));
    expect(told.missed).toHaveLength(late > 24 ? 1 : 0);
    expect(told.messages).toBeLessThanOrEqual(messagesOf(26));
    expect(told.calls).toBeLessThanOrEqual(callsOf(26, 1));
  });
});

describe("catch_up all with a wide window", () => {
  it("runs 240 slots in portions: a tick opens 100, until 200 are open, and each is run", async () => {
    const told = await afterOutage(10 * day, {
      catchUp: "all",
      catchUpWindowSeconds: 30 * day * 60,
      overlap: "buffer_one",
    });
    expectEachSlotOnce(told);
    expect(told.open.afterFirstTick).toBe(100);
    expect(told.open.afterSecondTick).toBe(200);
    expect(told.caughtUp).toHaveLength(240);
    expect(told.missed).toEqual([]);
    expect(told.messages).toBeLessThanOrEqual(messagesOf(242));
    expect(told.calls).toBeLessThanOrEqual(callsOf(242, 0));
  });
});
