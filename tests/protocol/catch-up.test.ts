import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn } from "../support/world-state.ts";
import { faultOnce, type Step } from "../support/world-steps.ts";

const everyTen = [10, 20, 30, 40, 50, 60, 70, 80];

/** The timer stands still from minute 12 to minute 48: the slots 20, 30 and 40 are too late then, 50 is still to come. */
async function afterOutage(policies: Partial<Policies>) {
  const world = createWorld({ workers: 2 });
  const schedule = await world.schedule({
    timing: { every_minutes: 10, start_at: minuteIso(10), end_at: minuteIso(80) },
    policies,
  });
  await world.advanceTo(minute(12));
  world.switches.ticking = false;
  await world.advanceTo(minute(48) - 1);
  world.switches.ticking = true;
  await world.advanceTo(minute(99));
  const runs = await runsIn(world, schedule);
  return {
    outcomes: await outcomesIn(world, schedule),
    kinds: runs.map(({ kind }) => kind),
    missed: runs.filter(({ outcome }) => outcome === "missed"),
    warnings: world.recorded.filter(({ name }) => name === "slot.missed").length,
    broken: await brokenPromises(world, schedule, { slots: everyTen.map(minute), licences: 0 }),
  };
}

const missed = "missed: not_dispatched_in_time";

it("a tick that has slept does not call missed what an edit has taken away meanwhile", async () => {
  const isLastOfTick = ({ process, kind }: Step) => process.kind === "tick" && kind === "remove";
  const planFault = faultOnce(isLastOfTick, { kind: "freeze_after", milliseconds: 25 * minuteMs });
  const world = createWorld({ workers: 2, planFault });
  const timing = { every_minutes: 3, start_at: minuteIso(3), end_at: minuteIso(60) };
  const { id } = await world.schedule({ timing, policies: { catchUp: "none" } });
  world.at(minute(4), () => world.update({ id, change: { timing: { every_minutes: 10 } } }));
  await world.advanceTo(minute(40));
  const { items } = await world.ports.runs.list(id, { limit: 100 });
  expect(items.filter(({ outcome }) => outcome === "missed")).toEqual([]);
});

describe("after an outage of the timer", () => {
  it("a schedule also tells which local times the clocks left out among those it missed", async () => {
    const start = Date.parse("2027-03-28T00:20Z");
    const world = createWorld({ start });
    const schedule = await world.schedule({
      timing: { cron: "*/20 * * * *", time_zone: "Europe/Berlin", end_at: "2027-03-28T04:00Z" },
      policies: { catchUp: "none" },
    });
    world.switches.ticking = false;
    await world.advanceTo(start + 150 * minuteMs);
    world.switches.ticking = true;
    await world.advanceTo(start + 155 * minuteMs);
    const current = await world.ports.schedules.read(schedule.id);
    expect(current?.value.skippedLocalTimes).toEqual(["2027-03-28T02:00", "2027-03-28T02:20", "2027-03-28T02:40"]);
  });

  it("catch_up one runs the newest slot; one record stands for those before it", async () => {
    const told = await afterOutage({ catchUp: "one" });
    expect(told.outcomes).toEqual(["succeeded", missed, ...Array(5).fill("succeeded")]);
    expect(told.missed).toMatchObject([{ slot: minute(20), missedThrough: minute(30) }]);
    expect(told.kinds[2]).toBe("catchup");
    expect(told.warnings).toBe(1);
    expect(told.broken).toEqual([]);
  });

  it("catch_up all runs every slot, one after the other", async () => {
    const told = await afterOutage({ catchUp: "all" });
    expect(told.outcomes).toEqual(Array(8).fill("succeeded"));
    expect(told.kinds.slice(0, 5)).toEqual(["planned", "catchup", "catchup", "catchup", "planned"]);
    expect(told.broken).toEqual([]);
  });

  it("catch_up none runs no late slot; one record stands for them", async () => {
    const told = await afterOutage({ catchUp: "none" });
    expect(told.missed).toMatchObject([{ slot: minute(20), missedThrough: minute(40) }]);
    expect(told.outcomes).toEqual(["succeeded", missed, ...Array(4).fill("succeeded")]);
    expect(told.broken).toEqual([]);
  });

  it("slots older than the catch-up window are missed under every policy", async () => {
    for (const catchUp of ["one", "all"] as const) {
      const told = await afterOutage({ catchUp, catchUpWindowSeconds: 15 * 60 });
      expect(told.missed).toMatchObject([{ slot: minute(20), missedThrough: minute(30) }]);
      expect(told.outcomes).toEqual(["succeeded", missed, ...Array(5).fill("succeeded")]);
      expect(told.broken).toEqual([]);
    }
  });
});

describe("a tick that died after writing a missed record", () => {
  it("is continued where its record ends, however much later that is", async () => {
    // The missed record is written at minute 48; the tick dies before the next marker, and the timer stops again.
    const isMarker = ({ process, kind, name }: Step) =>
      process.kind === "user" && kind === "write" && name.startsWith("due/");
    const world = createWorld({ planFault: faultOnce(isMarker, { kind: "crash_before" }) });
    const schedule = await world.schedule({
      timing: { every_minutes: 10, start_at: minuteIso(20), end_at: minuteIso(80) },
    });
    world.switches.ticking = false;
    world.at(minute(48), world.dispatchDue);
    await world.advanceTo(minute(77));
    world.switches.ticking = true;
    await world.advanceTo(minute(120));
    const missedRuns = (await runsIn(world, schedule)).filter(({ outcome }) => outcome === "missed");
    expect(missedRuns).toMatchObject([
      { slot: minute(20), missedThrough: minute(30) },
      { slot: minute(40), missedThrough: minute(60) },
    ]);
    const slots = [20, 30, 40, 50, 60, 70, 80].map(minute);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });
});

describe("two ticks after an outage", () => {
  it.each([0, 1, 2, 3, 5])("write one missed record between them, in order %i", async (chosen) => {
    const world = createWorld({ pick: (count) => chosen % count });
    const schedule = await world.schedule({
      timing: { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(30) },
      policies: { catchUp: "none" },
    });
    world.switches.ticking = false;
    for (const at of [minute(20), minute(20), minute(21), minute(21)]) world.at(at, world.dispatchDue);
    await world.advanceTo(minute(22));
    world.switches.ticking = true;
    await world.advanceTo(minute(60));
    const slots = Array.from({ length: 26 }, (_, index) => minute(5 + index));
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });
});
