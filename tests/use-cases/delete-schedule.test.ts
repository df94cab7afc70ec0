import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createDeleteSchedule } from "../../shared/use-cases/delete-schedule.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { conversationsIn, eventsIn, outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce, type Step } from "../support/world-steps.ts";

describe("deleting a schedule", () => {
  it("cancels the run that is going on; its worker notices and writes no outcome of its own", async () => {
    const world = createWorld({ model: () => ({ text: "Too late.", takesMs: 120_000 }) });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(6));
    expect(await world.delete(schedule.id)).toMatchObject({ cancelled: [`p${minute(5) / 1000}`] });
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: deleted"]);
    expect((await runsIn(world, schedule))[0]).toMatchObject({ endedAt: minute(6), epoch: 1 });
    expect(await eventsIn(world, conversationsIn(world)[0]!)).toEqual([]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("is completed by the run's own worker when the one who deleted dies after cancelling it", async () => {
    const isHistory = ({ process, name }: Step) => process.kind === "user" && name.startsWith("history/");
    const world = createWorld({
      workers: 2,
      model: () => ({ text: "Too late.", takesMs: 200_000 }),
      planFault: faultOnce(isHistory, { kind: "crash_before" }),
    });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    world.at(minute(6.7), () => world.delete(schedule.id));
    await world.advanceTo(minute(6.9));
    expect((await scheduleIn(world, schedule)).open).toHaveLength(1);
    // The worker looks every twenty seconds whether its run was ended.
    await world.advanceTo(minute(7));
    expect((await scheduleIn(world, schedule)).open).toEqual([]);
    await world.advanceTo(minute(30));
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("is finished by a second call when the first one died on its way", async () => {
    const isRecord = ({ process, kind, name }: Step) =>
      process.kind === "user" && kind === "write" && name.startsWith("runs/");
    const world = createWorld({
      workers: 2,
      model: () => ({ text: "Too late.", takesMs: 200_000 }),
      planFault: faultOnce(isRecord, { kind: "crash_before" }),
    });
    const timing = { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(6) };
    const schedule = await world.schedule({ timing, policies: { overlap: "buffer_one" } });
    world.at(minute(6.2), () => world.delete(schedule.id));
    await world.advanceTo(minute(6.3));
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "deleted", open: [{}, {}] });
    expect((await world.delete(schedule.id)).cancelled).toHaveLength(2);
    expect((await scheduleIn(world, schedule)).open).toEqual([]);
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: deleted", "cancelled: deleted"]);
    expect(await brokenPromises(world, schedule, { slots: [5, 6].map(minute), licences: 0 })).toEqual([]);
  });

  it("does not call a run cancelled that had ended, although its worker died before it was released", async () => {
    const isHistory = ({ process, name }: Step) => process.kind === "run" && name.startsWith("history/");
    const world = createWorld({ planFault: faultOnce(isHistory, { kind: "crash_before" }) });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5.5));
    expect((await scheduleIn(world, schedule)).open).toHaveLength(1);
    expect((await world.delete(schedule.id)).cancelled).toEqual([]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("plans nothing more and removes the due marker", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { every_minutes: 10, start_at: minuteIso(5) } });
    await world.advanceTo(minute(6));
    expect((await world.delete(schedule.id)).cancelled).toEqual([]);
    expect(await scheduleIn(world, schedule)).toMatchObject({
      status: "deleted",
      next: null,
      marker: null,
      revision: 2,
    });
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("settles slots that were due already: they get their records", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { every_minutes: 10, start_at: minuteIso(5) } });
    world.switches.ticking = false;
    await world.advanceTo(minute(31));
    await world.delete(schedule.id);
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, schedule)).toEqual(["missed: not_dispatched_in_time", "cancelled: deleted"]);
    expect(await brokenPromises(world, schedule, { slots: [5, 15, 25].map(minute), licences: 0 })).toEqual([]);
  });

  it("works although more slots are due than runs may be open at a time", async () => {
    const world = createWorld();
    const schedule = await world.schedule({
      timing: { every_minutes: 1, start_at: minuteIso(5) },
      policies: { catchUp: "all" },
    });
    world.switches.ticking = world.switches.delivering = false;
    await world.advanceTo(minute(300));
    expect((await world.delete(schedule.id)).cancelled).toHaveLength(200);
    world.switches.ticking = world.switches.delivering = true;
    await world.advanceTo(minute(310));
    expect(await brokenPromises(world, schedule, { slots: [], licences: 0 })).toEqual([]);
  });

  it("answers a second call, and somebody else's, as though there were no such schedule", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    const stranger = createDeleteSchedule(world.ports)({ owner: "stranger", name: "" }, schedule.id);
    await expect(stranger).rejects.toMatchObject({ details: { reason: "not_found" } });
    await world.delete(schedule.id);
    const again = createDeleteSchedule(world.ports)(localPrincipal, schedule.id);
    await expect(again).rejects.toMatchObject({ details: { reason: "not_found" } });
  });

  it("and ticks, runs and deletion at the same moment leave nothing behind, in any order", async () => {
    for (const chosen of [0, 1, 2, 3, 5, 7]) {
      const world = createWorld({ workers: 2, pick: (count) => chosen % count });
      const schedule = await world.schedule({ timing: { every_minutes: 2, start_at: minuteIso(5) } });
      world.at(minute(5), () => world.delete(schedule.id));
      await world.advanceTo(minute(30));
      const promises = await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 });
      expect(promises).toEqual([]);
    }
  });
});
