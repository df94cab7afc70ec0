import { describe, expect, it } from "vitest";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

const oneToolThenText: WorldOptions = {
  model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { text: "All quiet." }),
};

describe("one slot", () => {
  it("becomes one run with one outcome, and nothing of it stays open", async () => {
    const { world, schedule, run } = await playOneSlot();
    expect(run).toMatchObject({ state: "ended", outcome: "succeeded", answer: "Done.", turns: 1, promptTokens: 10 });
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", counted: 1, finished: 1 });
  });

  it("is logged in the order in which it happened", async () => {
    const { events } = await playOneSlot(oneToolThenText);
    expect(events.map(({ type }) => type)).toEqual([
      ...["run_started", "system", "user", "assistant", "tool_result", "assistant", "run_finished"],
    ]);
  });

  it("starts at its slot, not before, although it is dispatched two ticks ahead", async () => {
    const { world, run } = await playOneSlot();
    expect(run.createdAt).toBe(minute(3));
    expect(run.startedAt).toBe(minute(5));
    expect(world.modelCalls).toHaveLength(1);
  });

  it("is put back when its message comes early", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(3));
    const key = (await runsIn(world, schedule))[0]!.key;
    await world.ports.queue.enqueue({ v: 1, scheduleId: schedule.id, key }, 0);
    await world.advanceTo(minute(5) - 1);
    expect(world.modelCalls).toEqual([]);
    await world.advanceTo(minute(20));
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("is not worked on twice when its message comes several times", async () => {
    const world = createWorld({ ...oneToolThenText, workers: 3 });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(3));
    const key = (await runsIn(world, schedule))[0]!.key;
    for (const delayMs of [0, 120_000, 120_000, 300_000]) {
      await world.ports.queue.enqueue({ v: 1, scheduleId: schedule.id, key }, delayMs);
    }
    await world.advanceTo(minute(20));
    expect(world.modelCalls).toHaveLength(2);
    expect(world.toolCalls).toHaveLength(1);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("is not taken for lost when a message comes while it is being dispatched, in any order of steps", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = createWorld({ pick: createDice(seed).below });
      const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
      const message = { v: 1, scheduleId: schedule.id, key: plannedRunKey(minute(5)) } as const;
      for (const _ of [1, 2, 3]) world.at(minute(3), () => world.ports.queue.enqueue(message, 0));
      await world.advanceTo(minute(20));
      expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    }
  });

  it("is dispatched once by two ticks at the same moment, whoever loses the swap", async () => {
    for (const chosen of [0, 1, 2, 3]) {
      const world = createWorld({ pick: (count) => chosen % count });
      const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
      for (const _ of [1, 2]) world.at(minute(3), world.dispatchDue);
      await world.advanceTo(minute(20));
      expect(world.modelCalls).toHaveLength(1);
      expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
    }
  });

  it("costs 13 storage calls in a new conversation, and one more for each further turn", async () => {
    const { world } = await playOneSlot();
    const { world: longer } = await playOneSlot(oneToolThenText);
    expect(callsOfFirstRun(world)).toHaveLength(13);
    expect(callsOfFirstRun(longer)).toHaveLength(15);
  });
});

describe("a slot that is no longer wanted when it comes", () => {
  it("ends cancelled when the schedule was deleted in between, without any model call", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    world.at(minute(4), () => world.delete(schedule.id));
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: deleted"]);
    expect(world.modelCalls).toEqual([]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it.each([
    ["paused", { status: "paused", pausedAt: minute(4) }],
    ["planned otherwise", { plan: minuteIso(7) }],
  ])("ends superseded when the schedule is %s", async (_, change) => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { every_minutes: 60, start_at: minuteIso(5) } });
    await world.advanceTo(minute(4));
    const { value, version } = (await world.ports.schedules.read(schedule.id))!;
    const definition = structuredClone(value.definition);
    if ("plan" in change) definition.plan.when = { kind: "every", minutes: 60, phase: Date.parse(change.plan!) };
    const { plan: _plan, ...state } = { plan: "", ...change };
    await world.ports.schedules.replace({ ...value, ...(state as object), definition }, version);
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: superseded"]);
    expect(world.modelCalls).toEqual([]);
  });
});

const callsOfFirstRun = ({ steps }: Awaited<ReturnType<typeof playOneSlot>>["world"]) => {
  const first = steps.find(({ process }) => process.kind === "run")?.process;
  return steps.filter(({ process, kind }) => process === first && kind !== "model" && kind !== "tool");
};
