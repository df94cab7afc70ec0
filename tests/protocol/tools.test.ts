import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../../shared/model/model.ts";
import type { ModelStep, ToolStep } from "../support/world-engine.ts";
import { playOneSlot } from "../support/world-one-slot.ts";

/** The first answer asks for tools, the second ends the run; what the model is told in between is the point. */
async function callTools(first: ModelStep, tool: ToolStep = {}, allowedTools?: string[]) {
  const told = await playOneSlot({
    model: ({ turn }) => (turn === 0 ? first : { text: "Done." }),
    tool: () => tool,
    ...(allowedTools === undefined ? {} : { request: { allowedTools } }),
  });
  const [, second] = told.world.modelCalls;
  return { ...told, results: (second?.request.messages ?? []).flatMap(textOfResult) };
}

const textOfResult = (message: ModelMessage): string[] => (message.role === "tool" ? [message.text] : []);

describe("a tool call", () => {
  it("is answered in the order of the calls, each with a key of its own that names schedule, slot and step", async () => {
    const { world, schedule, run, results } = await callTools({ tools: ["look_up", "look_up"] }, { content: "42" });
    expect(results).toEqual(["42", "42"]);
    expect(world.toolCalls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      `${schedule.id}:${run.key}:1.0`,
      `${schedule.id}:${run.key}:1.1`,
    ]);
    expect(run).toMatchObject({ outcome: "succeeded", turns: 2, toolCalls: 2, promptTokens: 20, completionTokens: 10 });
  });

  it("acts for the owner of the schedule", async () => {
    const { world } = await callTools({ tools: ["look_up"] });
    expect(world.toolCalls[0]?.owner).toBe("local");
  });

  it("that never answers becomes an error that the model can read", async () => {
    for (const hangs of ["until_aborted", "for_ever"] as const) {
      const { run, results, events } = await callTools({ tools: ["look_up"] }, { hangs });
      expect(results).toEqual(["The tool look_up gave no answer within 60 seconds."]);
      expect(run.outcome).toBe("succeeded");
      expect(events.find(({ type }) => type === "tool_result")).toMatchObject({ isError: true, durationMs: 60_000 });
    }
  });

  it("whose result is huge is cut to 64 KiB, in whole characters, and says so", async () => {
    const { results } = await callTools({ tools: ["look_up"] }, { content: `x${"ü".repeat(100_000)}` });
    const [kept, note] = results[0]!.split("\n");
    expect(Buffer.byteLength(kept!)).toBe(65_535);
    expect(kept).toMatch(/^xü+$/);
    expect(note).toBe("[cut: the result had 200001 bytes, 65536 are kept]");
  });

  it("of a tool that does not exist is answered with the tools that do", async () => {
    const { world, results, run } = await callTools({ tools: ["guess"] });
    expect(results).toEqual(['There is no tool "guess". Available: look_up, nothing_to_report.']);
    expect(world.toolCalls).toEqual([]);
    expect(run.outcome).toBe("succeeded");
  });

  it("of a tool that is not allowed is refused: only read-only tools are, unless the schedule names others", async () => {
    const refused = await callTools({ tools: ["send"] });
    expect(refused.results).toEqual(['There is no tool "send". Available: look_up, nothing_to_report.']);
    expect(refused.world.toolCalls).toEqual([]);
    const allowed = await callTools({ tools: ["send"] }, {}, ["send"]);
    expect(allowed.world.toolCalls).toHaveLength(1);
    expect(allowed.world.modelCalls[0]?.request.tools.map(({ name }) => name)).toEqual(["send", "nothing_to_report"]);
  });

  it("beyond the sixteenth of one turn is not made, and the model is told", async () => {
    const { world, results } = await callTools({ tools: Array.from({ length: 18 }, () => "look_up") });
    expect(world.toolCalls).toHaveLength(16);
    expect(results).toHaveLength(18);
    expect(results.slice(16)).toEqual([
      "Not called: one turn may ask for at most 16 tool calls.",
      "Not called: one turn may ask for at most 16 tool calls.",
    ]);
  });
});
