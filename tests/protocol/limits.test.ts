import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { ModelMessage } from "../../shared/model/model.ts";
import { minute } from "../support/world.ts";
import type { ModelCall, ModelStep } from "../support/world-engine.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";

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
