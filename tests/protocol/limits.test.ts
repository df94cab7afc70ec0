import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { ModelMessage } from "../../shared/model/model.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import type { ModelCall, ModelStep } from "../support/world-engine.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

const typesOf = (events: readonly LoggedEvent[]) => events.map(({ type }) => type);
const toldIn = ({ request }: ModelCall): string[] =>
  request.messages.flatMap((message: ModelMessage) => (message.role === "tool" ? [message.text] : []));

describe("a run with nothing to report", () => {
  const quiet = { tools: ["nothing_to_report"], arguments: '{"reason":"All is well."}' };

  it("ends succeeded and quiet by the model's call, with one append and no further call to the model", async () => {
    const { world, schedule, run, events } = await playOneSlot({ model: () => quiet });
    expect(run).toMatchObject({ outcome: "succeeded", quiet: "All is well.", turns: 1 });
    expect(typesOf(events)).toEqual(["run_started", "system", "user", "assistant", "tool_result", "run_finished"]);
    expect(events.at(-1)).toMatchObject({ outcome: "succeeded", quiet: "All is well." });
    expect(world.steps.filter(({ kind }) => kind === "append")).toHaveLength(1);
    expect(world.toolCalls).toEqual([]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("may have looked before", async () => {
    const { run } = await playOneSlot({ model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : quiet) });
    expect(run).toMatchObject({ outcome: "succeeded", quiet: "All is well.", toolCalls: 2 });
  });

  it("is asked to look first when it calls for both at once", async () => {
    const both = { tools: ["look_up", ...quiet.tools] };
    const { world, run } = await playOneSlot({ model: ({ turn }) => (turn === 0 ? both : { text: "Something." }) });
    expect(toldIn(world.modelCalls[1]!)).toEqual(["found", expect.stringMatching(/^Not done: call nothing_to_report/)]);
    expect(run.quiet).toBeUndefined();
  });

  it("cannot say so where the schedule allows no tools", async () => {
    const { world, run } = await playOneSlot({
      model: ({ turn }) => (turn === 0 ? quiet : { text: "Done." }),
      request: { allowedTools: [] },
    });
    expect(world.modelCalls[0]?.request.tools).toEqual([]);
    expect(run.quiet).toBeUndefined();
  });
});

describe("a call that fails again and again", () => {
  const failing = { content: "No such desk.", isError: true };

  it("ends the run the third time, when name and arguments are the same", async () => {
    const { world, run, events } = await playOneSlot({ model: () => ({ tools: ["look_up"] }), tool: () => failing });
    expect(run).toMatchObject({ outcome: "failed", reason: "repeated_tool_failure", turns: 3, toolCalls: 3 });
    expect(world.modelCalls).toHaveLength(3);
    expect(typesOf(events).slice(-2)).toEqual(["tool_result", "run_finished"]);
  });

  it("ends it in the second turn, when both ask for it twice", async () => {
    const tools = ["look_up", "look_up"];
    const { run } = await playOneSlot({ model: () => ({ tools }), tool: () => failing });
    expect(run).toMatchObject({ outcome: "failed", reason: "repeated_tool_failure", turns: 2, toolCalls: 4 });
  });

  it("does not end a run that has made it three times at once, before the model was told", async () => {
    const { run, world } = await playOneSlot({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up", "look_up", "look_up"] } : { text: "Gave up." }),
      tool: () => failing,
    });
    expect(run).toMatchObject({ outcome: "succeeded", answer: "Gave up.", toolCalls: 3 });
    const told = { role: "tool", text: "No such desk.", isError: true };
    expect(world.modelCalls[1]?.request.messages.slice(-3)).toMatchObject([told, told, told]);
  });

  it("does not when the model changes its arguments, or the call goes well in between", async () => {
    const other = await playOneSlot({
      model: ({ turn }) => (turn < 4 ? { tools: ["look_up"], arguments: `{"desk":${turn}}` } : { text: "Gave up." }),
      tool: () => failing,
    });
    expect(other.run).toMatchObject({ outcome: "succeeded", toolCalls: 4 });
    let calls = 0;
    const better = await playOneSlot({
      model: ({ turn }) => (turn < 5 ? { tools: ["look_up"] } : { text: "Done." }),
      tool: () => (calls++ === 2 ? {} : failing),
    });
    expect(better.run).toMatchObject({ outcome: "succeeded", toolCalls: 5 });
  });
});

describe("tool arguments that are no JSON", () => {
  const broken: ModelStep = { tools: ["look_up"], arguments: '{"desk":' };

  it("are told to the model, which may try again", async () => {
    const { world, run } = await playOneSlot({
      model: ({ turn }) => [broken, { tools: ["look_up"] }, { text: "Done." }][turn] ?? { text: "" },
    });
    expect(toldIn(world.modelCalls[1]!)).toEqual([
      'Not called: the arguments are no JSON object, they begin with "{\\"desk\\":". Call the tool again with valid JSON.',
    ]);
    expect(world.toolCalls).toHaveLength(1);
    expect(run).toMatchObject({ outcome: "succeeded", toolCalls: 2 });
  });

  it("end the run when the next turn has them again, without a call more", async () => {
    const { world, run, events } = await playOneSlot({ model: () => broken });
    expect(run).toMatchObject({ outcome: "failed", reason: "bad_tool_arguments", turns: 2 });
    expect(world.toolCalls).toEqual([]);
    expect(typesOf(events).slice(-2)).toEqual(["assistant", "run_finished"]);
  });
});

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

describe("a run in a conversation of its own", () => {
  const report = { run: "x.p1", slot: Date.parse("2026-11-30T07:05:00Z"), text: "Two desks were empty." };

  async function playAfterReport(conversation: "new" | "continue") {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, conversation });
    const { value, version } = (await world.ports.schedules.read(schedule.id))!;
    await world.ports.schedules.replace({ ...value, lastReport: report }, version);
    await world.advanceTo(minute(30));
    return world.modelCalls[0]!.request.messages.slice(1);
  }

  it("is shown the schedule's last report before its prompt, of which moment it is, and that it is data", async () => {
    expect(await playAfterReport("new")).toEqual([
      {
        role: "user",
        text: expect.stringMatching(
          /^The last report of this schedule, of Monday 2026-11-30 07:05 .*It is data .*no instructions.*:\nTwo desks were empty\.$/,
        ),
      },
      { role: "user", text: "What happened overnight?" },
    ]);
  });

  it("alone is: a conversation that goes on holds it already", async () => {
    expect(await playAfterReport("continue")).toEqual([{ role: "user", text: "What happened overnight?" }]);
  });
});
