import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { runName, scheduleName } from "../../shared/azure/storage/names.ts";
import { createListRuns } from "../../shared/use-cases/read-runs.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { damage, quarantined, slow } from "../support/world-damage.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn } from "../support/world-state.ts";
import { faultOnce, type Step } from "../support/world-steps.ts";

describe("a schedule that is damaged", () => {
  it("is moved aside by the tick that meets it, with its marker; all others run", async () => {
    const world = createWorld();
    const [broken, healthy] = [5, 5].map((at) => world.schedule({ timing: { run_at: minuteIso(at) } }));
    const name = scheduleName((await broken!).id);
    await damage(world, name);
    await world.advanceTo(minute(10));
    expect(quarantined(world)).toEqual([`quarantine/${name}`]);
    expect(world.blobs.names().filter((blob) => blob.startsWith("due/"))).toEqual([]);
    expect(world.recorded.filter(({ name }) => name === "schedule.dispatch_failed")).toEqual([]);
    expect(await outcomesIn(world, await healthy!)).toEqual(["succeeded"]);
  });

  it("is found by the hourly repair although its slot is far away, and loses its markers", async () => {
    const world = createWorld();
    const { id } = await world.schedule({ timing: { run_at: minuteIso(600) } });
    await damage(world, scheduleName(id));
    expect(await world.reconcile()).toEqual({ schedules: 1, failed: 0, mended: { damage_set_aside: 1 } });
    expect(world.blobs.names()).toEqual([`quarantine/${scheduleName(id)}`]);
    expect((await world.reconcile()).mended).toEqual({});
  });

  it("ends its open run as failed, where everybody can see it", async () => {
    const world = createWorld(slow);
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5.5));
    await damage(world, scheduleName(schedule.id));
    await world.reconcile();
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["failed: damaged_schedule"]);
    expect(world.host.unfinished()).toEqual([]);
    expect(world.blobs.names().filter((name) => name.startsWith("history/"))).toHaveLength(1);
  });

  it("ends its open run in history too, when a worker dies right after it has ended the record", async () => {
    const isEnd = ({ process, kind, name }: Step) =>
      process.kind === "run" && kind === "write" && name.startsWith("runs/");
    // The first such write is the pick-up.
    const planFault = faultOnce(isEnd, { kind: "crash_after" }, 2);
    const world = createWorld({ ...slow, planFault });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5.5));
    await damage(world, scheduleName(schedule.id));
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["failed: damaged_schedule"]);
    expect(world.blobs.names().filter((name) => /^(history|unusual)\//.test(name))).toHaveLength(2);
    expect(world.host.unfinished()).toEqual([]);
  });

  it("ends every run that waits as well, at whichever step a worker dies", async () => {
    const played = async (dies: (taken: number) => boolean) => {
      const state = { taken: 0, isArmed: false };
      const world = createWorld({
        ...slow,
        planFault: ({ process }) =>
          state.isArmed && process.kind === "run" && dies(state.taken++) ? { kind: "crash_after" } : undefined,
      });
      const timing = { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(6) };
      const schedule = await world.schedule({ timing, policies: { overlap: "buffer_one" } });
      await world.advanceTo(minute(6.2));
      await damage(world, scheduleName(schedule.id));
      state.isArmed = true;
      await world.advanceTo(minute(60));
      const states = (await runsIn(world, schedule)).map((run) => run.state);
      return { taken: state.taken, states, unfinished: world.host.unfinished() };
    };
    const calm = await played(() => false);
    for (let step = 0; step < calm.taken; step++) {
      const { states, unfinished } = await played((taken) => taken === step);
      expect({ step, states, unfinished }).toEqual({ step, states: ["ended", "ended"], unfinished: [] });
    }
    expect(calm.taken).toBeGreaterThan(10);
  });

  it("is recognised by its own run too, which keeps the outcome that it has reached", async () => {
    const world = createWorld({ model: () => ({ text: "Done.", takesMs: 60_000 }) });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5.5));
    await damage(world, scheduleName(schedule.id));
    await world.advanceTo(minute(20));
    expect(quarantined(world)).toEqual([`quarantine/${scheduleName(schedule.id)}`]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(world.host.unfinished()).toEqual([]);
  });
});

describe("the record of a run that is damaged", () => {
  it.each(["the worker's next look", "the hourly repair"])(
    "is made anew; the log says what is done already: %s",
    async (by) => {
      const world = createWorld({
        workers: 2,
        model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { text: "Done." }),
        tool: () => ({ takesMs: 50_000 }),
      });
      const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
      await world.advanceTo(minute(5.1));
      const [run] = await runsIn(world, schedule);
      await damage(world, runName(run!));
      if (by === "the hourly repair")
        expect((await world.reconcile()).mended).toMatchObject({ damage_set_aside: 1, run_created: 1 });
      await world.advanceTo(minute(30));
      expect(quarantined(world)).toEqual([`quarantine/${runName(run!)}`]);
      const [renewed] = await runsIn(world, schedule);
      expect(renewed).toMatchObject({ outcome: "succeeded", turns: 2, toolCalls: 1 });
      // Above every epoch that the log knows: its earlier worker cannot change the new record.
      expect(renewed!.epoch).toBeGreaterThan(run!.epoch + 1);
      expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 1 })).toEqual([]);
    },
  );

  it("is made anew for a run that has not begun", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(4));
    const [run] = await runsIn(world, schedule);
    await damage(world, runName(run!));
    await world.advanceTo(minute(10));
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("is left out of the list of runs; the others are listed", async () => {
    const world = createWorld();
    const timing = { every_minutes: 5, start_at: minuteIso(5), end_at: minuteIso(15) };
    const schedule = await world.schedule({ timing });
    await world.advanceTo(minute(30));
    const [, run] = await runsIn(world, schedule);
    await damage(world, runName(run!));
    const { items } = await createListRuns(world.ports)(localPrincipal, {}, { limit: 10 });
    expect(items).toHaveLength(2);
    expect(world.recorded).toContainEqual(
      expect.objectContaining({ name: "storage.damaged", fields: expect.objectContaining({ kind: "run", count: 1 }) }),
    );
  });

  it("does not keep the open runs from being listed, and is shown as it will be made anew", async () => {
    const world = createWorld(slow);
    const schedules = [5, 5].map((at) => world.schedule({ timing: { run_at: minuteIso(at) } }));
    const [broken] = await Promise.all(schedules);
    await world.advanceTo(minute(5.5));
    await damage(world, runName((await runsIn(world, broken!))[0]!));
    const { items } = await createListRuns(world.ports)(localPrincipal, { state: "open" }, { limit: 10 });
    expect(items.map(({ state }) => state).sort()).toEqual(["queued", "running"]);
  });
});
