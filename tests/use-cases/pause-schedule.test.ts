import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso, type World } from "../support/world.ts";
import { createInvariants } from "../support/world-invariants.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, scheduleIn } from "../support/world-state.ts";
import { type Change, everyTwo, pause, playEdits, rename, resume, slotsOf, to, update } from "./edits.ts";

describe("pausing and resuming", () => {
  it("inside the look-ahead lets the dispatched run start when its time comes", async () => {
    const edits = [
      [2, pause],
      [2.5, resume],
    ] as const;
    const { world, schedule, broken } = await playEdits({ timing: { run_at: minuteIso(3) } }, edits, { slots: [3] });
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(broken).toEqual([]);
  });

  it("starts nothing in between, and says why", async () => {
    const { world, schedule, broken } = await playEdits(
      everyTwo,
      [
        [4, pause],
        [8, resume],
      ],
      { slots: [3, 5, 9] },
    );
    expect(await slotsOf(world, schedule)).toEqual([
      [3, "succeeded"],
      [5, "cancelled: superseded"],
      [9, "succeeded"],
    ]);
    expect(broken).toEqual([]);
  });

  it("keeps reason and moment until it is resumed, and clears the failures", async () => {
    const world = createWorld({ model: () => ({ text: "" }) });
    const schedule = await world.schedule({ ...everyTwo, policies: { pauseAfterFailures: 2 } });
    await world.advanceTo(minute(6));
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "paused", failures: 2 });
    expect((await update(world, schedule.id, pause)).schedule).toMatchObject({ pauseReason: "Holidays", failures: 2 });
    await world.advanceTo(minute(6.5));
    expect((await update(world, schedule.id, resume)).schedule).toMatchObject({ failures: 0, next: minute(7) });
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, schedule)).toEqual(Array(4).fill("no_output: empty_answer"));
  });

  it("after an outage settles the overdue slots first: nothing vanishes", async () => {
    const { observe, violations } = createInvariants();
    const world: World = createWorld({ observe: (step) => observe(world, step, schedule.id) });
    const schedule = await world.schedule({
      timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(45) },
    });
    world.switches.ticking = false;
    await world.advanceTo(minute(31));
    await update(world, schedule.id, pause);
    world.switches.ticking = true;
    await world.advanceTo(minute(40));
    await update(world, schedule.id, resume);
    await world.advanceTo(minute(90));
    expect(await slotsOf(world, schedule)).toEqual([
      [5, "missed: not_dispatched_in_time"],
      [25, "cancelled: superseded"],
      [45, "succeeded"],
    ]);
    const slots = [5, 15, 25, 45].map(minute);
    expect([...violations, ...(await brokenPromises(world, schedule, { slots, licences: 0 }))]).toEqual([]);
  });

  it("works although more slots are due than runs may be open: the rest is recorded as missed", async () => {
    const world = createWorld();
    const schedule = await world.schedule({
      timing: { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(320) },
      policies: { catchUp: "all" },
    });
    world.switches.ticking = world.switches.delivering = false;
    await world.advanceTo(minute(300));
    await expect(update(world, schedule.id, to(400))).rejects.toMatchObject({ details: { field: "policies.end_at" } });
    const moved: Change = { change: { timing: { every_minutes: 3 } } };
    await expect(update(world, schedule.id, moved)).rejects.toMatchObject({ details: { reason: "busy" } });
    expect((await update(world, schedule.id, rename)).schedule).toMatchObject({
      definition: { name: "Evening report" },
    });
    expect((await update(world, schedule.id, pause)).schedule).toMatchObject({ status: "paused" });
    world.switches.ticking = world.switches.delivering = true;
    await world.advanceTo(minute(330));
    await update(world, schedule.id, resume);
    const slots = Array.from({ length: 295 }, (_, index) => minute(5 + index));
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });
});
