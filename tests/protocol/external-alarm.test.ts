import { describe, expect, it } from "vitest";
import { secondMs } from "../../shared/kernel/clock.ts";
import { everyFault, playWithEveryStep } from "../support/every-fault.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import type { SchedulerScript } from "../support/world-scheduler.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";
import type { PlanFault } from "../support/world-steps.ts";

const everyTen = { every_minutes: 10, start_at: minuteIso(10), end_at: minuteIso(30) };

/** Slots at minutes 10, 20 and 30, and an external Scheduler. */
async function playThree(scheduler: SchedulerScript = {}, options: WorldOptions = {}) {
  const world = createWorld({ scheduler, ...options });
  const schedule = await world.schedule({ timing: everyTen });
  await world.advanceTo(minute(60));
  return { world, schedule, runs: await runsIn(world, schedule) };
}

const slotsOf = (world: World) => world.scheduler?.armed.map(({ slot }) => (slot - world.start) / 60_000);
const statesOf = (world: World) => world.scheduler?.armed.map(({ state }) => state);
const named = (world: World, name: string) => world.recorded.filter((event) => event.name === name);

describe("a Scheduler that calls back", () => {
  it("dispatches each slot at its moment, and is armed for the next one then", async () => {
    const { world, schedule, runs } = await playThree();
    expect(runs).toMatchObject(
      [10, 20, 30].map((at) => ({ slot: minute(at), startedAt: minute(at), alarm: "scheduler", outcome: "succeeded" })),
    );
    expect(slotsOf(world)).toEqual([10, 20, 30]);
    expect(statesOf(world)).toEqual(["completed", "completed", "completed"]);
    expect(world.scheduler?.posted.map(({ answer }) => answer?.kind)).toEqual(["accepted", "accepted", "accepted"]);
    expect(await scheduleIn(world, schedule)).not.toHaveProperty("armed");
  });

  it("is not asked for a slot that the app dispatches at once", async () => {
    const world = createWorld({ scheduler: {} });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(1) } });
    await world.advanceTo(minute(10));
    expect(world.scheduler?.armed).toEqual([]);
    expect(await runsIn(world, schedule)).toMatchObject([{ startedAt: minute(1), alarm: "timer" }]);
  });

  it("finds the slot dispatched already when it comes late, and changes nothing", async () => {
    const { world, runs } = await playThree({ callbacks: () => [200 * secondMs] });
    expect(runs.map(({ alarm, outcome }) => [alarm, outcome])).toEqual(Array(3).fill(["timer", "succeeded"]));
    expect(world.modelCalls).toHaveLength(3);
  });

  it("gives one run when it comes early, twice and out of order", async () => {
    const { world, runs } = await playThree({ callbacks: () => [-110 * secondMs, 0, 5 * secondMs] });
    expect(runs).toMatchObject(
      [10, 20, 30].map((at) => ({ slot: minute(at), startedAt: minute(at), alarm: "scheduler" })),
    );
    expect(world.modelCalls).toHaveLength(3);
  });
});

it("costs the calls that docs/storage.md names", async () => {
  const { world } = await playThree({ callbacks: () => [0, 5 * secondMs, 600 * secondMs] });
  const [first, second, third] = world.processes
    .filter(({ kind }) => kind === "callback")
    .map(({ number }) => world.steps.filter(({ process }) => process.number === number).map(({ kind }) => kind));
  expect(first).toEqual(["read", "write", "write", "write", "send", "remove", "send", "read"]);
  expect(second).toEqual(["read", "read"]);
  expect(third).toEqual(second);
  const arming = world.processes.find(({ message }) => message?.arm === true);
  expect(world.steps.filter(({ process }) => process === arming).map(({ kind }) => kind)).toEqual([
    "read",
    "alarm",
    "write",
  ]);
});

describe("a Scheduler that does not call back", () => {
  it("is covered by the timer once the grace period is over, and the operator learns what became of the slot", async () => {
    const { world, runs } = await playThree({ callbacks: () => [] });
    expect(runs).toMatchObject(Array(3).fill({ alarm: "timer", outcome: "succeeded" }));
    for (const { slot, startedAt = 0 } of runs) {
      expect(startedAt - slot).toBeGreaterThanOrEqual(90 * secondMs);
      expect(startedAt - slot).toBeLessThanOrEqual(150 * secondMs);
    }
    expect(named(world, "alarm.no_callback").map(({ fields }) => fields)).toMatchObject(
      [10, 20, 30].map((at) => ({ slot: minute(at), state: "scheduled" })),
    );
    expect(statesOf(world)).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  it("holds up nothing while it cannot be armed, and is asked again", async () => {
    let refusals = 2;
    const { world, runs } = await playThree({ arming: () => (refusals-- > 0 ? "refuses" : "arms") });
    expect(runs).toMatchObject([10, 20, 30].map((at) => ({ startedAt: minute(at), outcome: "succeeded" })));
    expect(named(world, "alarm.not_armed")).toHaveLength(2);
    expect(slotsOf(world)?.at(-1)).toBe(30);
  });

  it("is asked every five minutes for the next slot and no other, however long it cannot be armed", async () => {
    const world = createWorld({ scheduler: { arming: () => "refuses" } });
    const timing = { every_minutes: 30, start_at: minuteIso(30), end_at: minuteIso(90) };
    const schedule = await world.schedule({ timing });
    await world.advanceTo(minute(120));
    expect(await runsIn(world, schedule)).toMatchObject([30, 60, 90].map((at) => ({ startedAt: minute(at) })));
    // The last message of the slot before comes too late for that one, and asks for the next instead.
    const asked = named(world, "alarm.not_armed").map(({ fields }) => fields?.slot);
    expect([30, 60, 90].map((at) => asked.filter((slot) => slot === minute(at)).length)).toEqual([6, 7, 7]);
    expect(world.host.unfinished()).toEqual([]);
  });

  it("is asked once for a slot although somebody changes the schedule meanwhile", async () => {
    let changes = 3;
    const world: World = createWorld({
      scheduler: {},
      bend: (ports) => ({
        ...ports,
        alarm: {
          ...ports.alarm!,
          async arm(slot) {
            const id = await ports.alarm!.arm(slot);
            if (changes-- > 0) await world.update({ id: slot.scheduleId, change: { prompt: `Change ${changes}` } });
            return id;
          },
        },
      }),
    });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(30) } });
    await world.advanceTo(minute(5));
    expect(await scheduleIn(world, schedule)).toMatchObject({ armed: { id: "armed-1" }, revision: 2 });
    expect(statesOf(world)).toEqual(["scheduled"]);
  });
});

describe("a slot that is armed", () => {
  async function playChange(change: (world: World, id: string) => Promise<unknown>) {
    const world = createWorld({ scheduler: {} });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(30) } });
    await world.advanceTo(minute(5));
    expect(await scheduleIn(world, schedule)).toMatchObject({ armed: { slot: minute(30), id: "armed-1" } });
    await change(world, schedule.id);
    await world.advanceTo(minute(60));
    return { world, runs: await runsIn(world, schedule) };
  }

  it("is cancelled there when the schedule is moved, and the new slot is armed", async () => {
    const { world, runs } = await playChange((its, id) =>
      its.update({ id, change: { timing: { run_at: minuteIso(40) } } }),
    );
    expect(slotsOf(world)).toEqual([30, 40]);
    expect(statesOf(world)).toEqual(["cancelled", "completed"]);
    expect(runs).toMatchObject([{ slot: minute(40), alarm: "scheduler" }]);
  });

  it("is cancelled there when the schedule is paused", async () => {
    const { world, runs } = await playChange((its, id) => its.update({ id, change: {}, status: "paused" }));
    expect(statesOf(world)).toEqual(["cancelled"]);
    expect(runs).toEqual([]);
  });

  it("is cancelled there when the schedule is deleted", async () => {
    const { world, runs } = await playChange((its, id) => its.delete(id));
    expect(statesOf(world)).toEqual(["cancelled"]);
    expect(runs).toEqual([]);
  });

  it("is settled at once by an edit that finds it overdue", async () => {
    const world = createWorld({ scheduler: { callbacks: () => [] } });
    const schedule = await world.schedule({ timing: everyTen });
    await world.advanceTo(minute(10) + 5 * secondMs);
    await world.update({ id: schedule.id, change: {}, status: "paused" });
    await world.advanceTo(minute(40));
    expect(await runsIn(world, schedule)).toMatchObject([{ slot: minute(10), outcome: "cancelled" }]);
  });
});

describe("whoever dies between a schedule and its Scheduler", () => {
  const callbacks = { once: () => [0], never: () => [], twice: () => [0, 0] };

  it.each(Object.entries(callbacks).flatMap(([name, script]) => everyFault.map((fault) => ({ name, script, fault }))))(
    "loses no slot and runs none twice, called back $name: $fault",
    async ({ script, fault }) => {
      const play = async (planFault: PlanFault) => {
        const { world, schedule } = await playThree({ callbacks: script }, { planFault, repairs: true, workers: 2 });
        await world.advanceTo(minute(120));
        const slots = [10, 20, 30].map(minute);
        return { world, broken: await brokenPromises(world, schedule, { slots, licences: 1 }) };
      };
      const { steps, broken } = await playWithEveryStep(fault, play, (taken) =>
        taken.filter(
          ({ process, sentAt }) =>
            sentAt <= minute(13) && (process.kind === "callback" || process.message?.arm === true),
        ),
      );
      expect(broken).toEqual([]);
      expect(steps.length).toBeGreaterThanOrEqual(fewestSteps(script));
    },
  );

  /** Where nobody calls back there are only messages that arm. */
  const fewestSteps = (script: () => number[]): number => (script().length === 0 ? 4 : 10);
});
