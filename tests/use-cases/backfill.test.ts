import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { everyTen, startsOf, trigger } from "./triggers.ts";

describe("a backfill", () => {
  it("runs the past planned moments oldest first, behind a run that is going on", async () => {
    const world = createWorld({ workers: 8, model: () => ({ text: "Done.", takesMs: 3 * minuteMs }) });
    const schedule = await world.schedule(everyTen);
    const asked = { backfillFrom: minuteIso(15), backfillTo: minuteIso(40) };
    world.at(minute(45.5), () => trigger(world, schedule, asked));
    await world.advanceTo(minute(90));
    expect(await startsOf(world, schedule, "backfill")).toEqual([48, 51, 54].map(minute));
    const backfilled = (await runsIn(world, schedule)).filter(({ kind }) => kind === "backfill");
    expect(backfilled.map(({ slot, outcome }) => [slot, outcome])).toEqual(
      [15, 25, 35].map((slot) => [minute(slot), "succeeded"]),
    );
    expect(await scheduleIn(world, schedule)).toMatchObject({ counted: 5, finished: 8, status: "completed" });
    expect(await brokenPromises(world, schedule, { slots: [], licences: 0 })).toEqual([]);
  });

  it("is told which past moment it stands for", async () => {
    const world = createWorld();
    const schedule = await world.schedule(everyTen);
    await world.advanceTo(minute(48));
    await trigger(world, schedule, { backfillFrom: minuteIso(15), backfillTo: minuteIso(15) });
    await world.advanceTo(minute(60));
    const opening = "started by hand for the past moment Tuesday 2026-12-01 07:15";
    expect(world.modelCalls.at(-1)?.request.messages[0]).toMatchObject({ text: expect.stringContaining(opening) });
  });

  it("never skips a moment, whatever overlap says", async () => {
    for (const overlap of ["skip", "buffer_one", "cancel_other"] as const) {
      const world = createWorld({ workers: 8, model: () => ({ text: "Done.", takesMs: minuteMs }) });
      const schedule = await world.schedule({ ...everyTen, policies: { overlap } });
      await world.advanceTo(minute(49));
      await trigger(world, schedule, { backfillFrom: minuteIso(0), backfillTo: minuteIso(45) });
      await world.advanceTo(minute(90));
      expect(await outcomesIn(world, schedule)).toEqual(Array(10).fill("succeeded"));
    }
  });

  it("leaves out moments that are still to come", async () => {
    const world = createWorld();
    const schedule = await world.schedule(everyTen);
    await world.advanceTo(minute(17));
    const { runs } = await trigger(world, schedule, { backfillFrom: minuteIso(0), backfillTo: minuteIso(45) });
    expect(runs.map(({ slot }) => slot)).toEqual([5, 15].map(minute));
  });

  it("repeated gives the same runs, also when the plan has another shape by then", async () => {
    const world = createWorld();
    const schedule = await world.schedule(everyTen);
    await world.advanceTo(minute(38));
    world.switches.delivering = false;
    const asked = { backfillFrom: minuteIso(5), backfillTo: minuteIso(30), idempotencyKey: "k" };
    const first = await trigger(world, schedule, asked);
    const current = await world.ports.schedules.read(schedule.id);
    const { definition } = current!.value;
    const when = { kind: "every", minutes: 7, phase: minute(0) } as const;
    const edited = { ...current!.value, definition: { ...definition, plan: { ...definition.plan, when } } };
    await world.ports.schedules.replace(edited, current!.version);
    const second = await trigger(world, schedule, asked);
    expect(second.runs.map(({ key }) => key)).toEqual(first.runs.map(({ key }) => key));
    expect((await scheduleIn(world, schedule)).open).toHaveLength(3);
  });

  it("is refused when it would open more than 200 runs, with what to do", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { every_minutes: 1, start_at: minuteIso(1) } });
    world.switches.ticking = world.switches.delivering = false;
    await world.advanceTo(minute(300));
    const range = (from: number, to: number) => ({ backfillFrom: minuteIso(from), backfillTo: minuteIso(to) });
    await trigger(world, schedule, range(1, 100));
    await trigger(world, schedule, range(101, 190));
    const { open } = await scheduleIn(world, schedule);
    const left = 200 - open.length;
    await expect(trigger(world, schedule, range(201, 250))).rejects.toThrow(`ask for at most ${left} now`);
    await trigger(world, schedule, range(201, 200 + left));
    await expect(trigger(world, schedule)).rejects.toMatchObject({
      message: expect.stringContaining("Wait until some have ended"),
      details: { reason: "too_many_open_runs", open: 200 },
    });
    expect((await scheduleIn(world, schedule)).open).toHaveLength(200);
  });
});
