import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import type { ModelStep } from "../support/world-engine.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

describe("the tokens of a run", () => {
  const spending = (promptTokens: number, completionTokens = 0): Partial<ModelStep> => ({
    usage: { promptTokens, completionTokens },
  });

  it("end it before the call that would come after they are spent", async () => {
    const { world, run, events } = await playOneSlot({
      model: () => ({ tools: ["look_up"], ...spending(400, 100) }),
      request: { policies: { maxTokensPerRun: 1000 } },
    });
    expect(run).toMatchObject({ outcome: "budget_exceeded", reason: "run_tokens", turns: 2, toolCalls: 2 });
    expect(run.usage).toEqual([{ model: "scripted", promptTokens: 800, completionTokens: 200 }]);
    expect(world.modelCalls).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: "run_finished", outcome: "budget_exceeded", reason: "run_tokens" });
  });

  it("limit the length of an answer where less is left than any model can write", async () => {
    const { world } = await playOneSlot({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"], ...spending(700, 1) } : { text: "Done." }),
      request: { policies: { maxTokensPerRun: 1000 } },
    });
    expect(world.modelCalls.map(({ request }) => request.maxOutputTokens)).toEqual([1000, 299]);
    const plenty = await playOneSlot({});
    expect(plenty.world.modelCalls[0]?.request).not.toHaveProperty("maxOutputTokens");
  });

  it("end it budget_exceeded when the answer was cut by that limit, and never with half an answer", async () => {
    const { run } = await playOneSlot({
      model: () => ({ text: "Hal", finishReason: "length", ...spending(900, 100) }),
      request: { policies: { maxTokensPerRun: 1000 } },
    });
    expect(run).toMatchObject({ outcome: "budget_exceeded", reason: "run_tokens" });
  });

  it("let a whole answer count that used up the last of them", async () => {
    const { run } = await playOneSlot({
      model: () => ({ text: "Whole.", ...spending(900, 200) }),
      request: { policies: { maxTokensPerRun: 1000 } },
    });
    expect(run).toMatchObject({ outcome: "succeeded" });
  });

  it("count over all of its pick-ups", async () => {
    const { world, run } = await playOneSlot({
      model: () => ({ tools: ["look_up"], ...spending(400, 100) }),
      tool: () => ({ takesMs: 50_000 }),
      settings: { sliceMs: 30_000 },
      request: { policies: { maxTokensPerRun: 1000 } },
    });
    expect(run).toMatchObject({ outcome: "budget_exceeded", epoch: 3 });
    expect(world.modelCalls).toHaveLength(2);
  });

  it("count with those that others have spent in the month", async () => {
    const world = createWorld({ model: () => ({ tools: ["look_up"], ...spending(400, 100) }) });
    const schedule = await world.schedule({
      timing: { run_at: minuteIso(5) },
      policies: { maxTokensPerMonth: 3000 },
    });
    const { value, version } = (await world.ports.schedules.read(schedule.id))!;
    const usage = { month: "2026-12", promptTokens: 1500, completionTokens: 500, runs: 3, models: [] };
    await world.ports.schedules.replace({ ...value, usage }, version);
    await world.advanceTo(minute(30));
    expect(await runsIn(world, schedule)).toMatchObject([
      { outcome: "budget_exceeded", reason: "month_tokens", turns: 2 },
    ]);
  });

  it("are told to the operator once, by model, owner and schedule, with their cost", async () => {
    const prices = { currency: "EUR", models: new Map([["scripted", { input: 1000, output: 10_000 }]]) };
    const { world, schedule } = await playOneSlot({
      model: () => ({ text: "Done.", ...spending(400, 100) }),
      settings: { prices },
    });
    const told = world.recorded.filter(({ name }) => name === "run.finished");
    expect(told).toHaveLength(1);
    expect(told[0]?.fields).toMatchObject({
      schedule: schedule.id,
      owner: schedule.owner,
      usage: '[{"model":"scripted","prompt_tokens":400,"completion_tokens":100}]',
      cost: 1.4,
      currency: "EUR",
    });
  });

  it("leave the calls alone when the month's are spent already: not one is made", async () => {
    const world = createWorld({ model: () => ({ text: "Done.", ...spending(900, 100) }) });
    const schedule = await world.schedule({
      timing: { every_minutes: 5, start_at: minuteIso(5), end_at: minuteIso(10) },
      policies: { maxTokensPerMonth: 1000 },
    });
    await world.advanceTo(minute(30));
    expect(world.modelCalls).toHaveLength(1);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "budget_exceeded: month_tokens"]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ open: [], failures: 1, usage: { runs: 2 } });
    expect(await brokenPromises(world, schedule, { slots: [5, 10].map(minute), licences: 0 })).toEqual([]);
  });

  it("of a month are there again when the next one begins in the schedule's zone", async () => {
    const world = createWorld({ model: () => ({ text: "Done.", ...spending(900, 100) }) });
    // The world begins on 1 December, 07:00 UTC; in Honolulu November goes on for three hours.
    const schedule = await world.schedule({
      timing: {
        every_minutes: 60,
        start_at: minuteIso(5),
        end_at: minuteIso(245),
        time_zone: "Pacific/Honolulu",
      },
      policies: { maxTokensPerMonth: 1500 },
    });
    await world.advanceTo(minute(170));
    expect(await scheduleIn(world, schedule)).toMatchObject({
      usage: { month: "2026-11", runs: 3, promptTokens: 1800 },
    });
    await world.advanceTo(minute(300));
    expect(await outcomesIn(world, schedule)).toEqual([
      "succeeded",
      "succeeded",
      "budget_exceeded: month_tokens",
      "succeeded",
      "succeeded",
    ]);
    expect(await scheduleIn(world, schedule)).toMatchObject({
      usage: { month: "2026-12", runs: 2, promptTokens: 1800 },
    });
    const slots = [5, 65, 125, 185, 245].map(minute);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });
});
