import { createDice } from "../support/world-dice.ts";
import type { ModelCall, ModelStep, Script, ToolStep } from "../support/world-engine.ts";

/** How one run's model and tools behave. */
interface Oddity {
  readonly model: (turn: number, usual: ModelStep) => ModelStep;
  readonly tool?: (usual: ToolStep) => ToolStep;
}

const askOnce = (asked: ModelStep) => (turn: number, usual: ModelStep) => (turn === 0 ? asked : usual);

/** By the name under which they are counted. */
const oddities = {
  model_calls_tools_endlessly: { model: () => ({ tools: ["look_up"] }) },
  tool_call_fails_again_and_again: {
    model: () => ({ tools: ["look_up"] }),
    tool: () => ({ content: "There is no such city.", isError: true }),
  },
  model_calls_40_tools_at_once: { model: askOnce({ tools: Array.from({ length: 40 }, () => "look_up") }) },
  model_writes_bad_json: { model: askOnce({ tools: ["look_up", "look_up"], arguments: '{"city": "Ber\u0000' }) },
  model_asks_for_odd_tools: { model: askOnce({ tools: ["", "__proto__", "../look_up", "x".repeat(5000)] }) },
  model_gives_an_odd_reason: {
    model: (turn, usual) =>
      turn === 0 ? { tools: ["look_up"], finishReason: "stop" } : { ...usual, tools: [], finishReason: "tool_calls" },
  },
  tool_output_huge: {
    model: askOnce({ tools: ["look_up"] }),
    tool: (usual) => ({ ...usual, content: `x${"ü".repeat(100_000)}` }),
  },
} satisfies Record<string, Oddity>;

type OddityName = keyof typeof oddities;

const names = Object.keys(oddities) as [OddityName, ...OddityName[]];

/**
 * In some worlds, some runs have a model or tools that do what no test of one call thinks of; all else goes by the given
 * script. Dice of its own, so that the rest of a world is the same with and without.
 */
export function withOddRuns(seed: number, script: Script) {
  const { chance, one } = createDice(seed + 2_000_003);
  const share = chance(0.3) ? one(0.02, 0.1) : 0;
  const counts: Record<string, number> = {};
  const chosen = new Map<string, OddityName | undefined>();
  let unusable = 0;

  function oddityOf(run: string): Oddity | undefined {
    if (!chosen.has(run)) {
      const name = chance(share) ? one(...names) : undefined;
      chosen.set(run, name);
      if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
    }
    const name = chosen.get(run);
    return name && oddities[name];
  }

  return {
    counts: counts as Readonly<Record<string, number>>,
    /** Answers to requests for a summary that are none: each is a call that failed, and is made again. */
    unusable: () => unusable,
    model(call: ModelCall): ModelStep {
      const usual = script.model(call);
      const isTrouble = usual.fails ?? usual.hangs ?? usual.throws;
      if (isTrouble !== undefined) return usual;
      const step = oddityOf(call.run)?.model(call.turn, usual) ?? usual;
      if (call.isSummary && step.text === undefined) unusable++;
      // Each answer is another one, so that it shows which of them the next segment begins with.
      return step.text === "Done." ? { ...step, text: `Done, ${call.key}.` } : step;
    },
    tool(request: Parameters<Script["tool"]>[0], repeat: number): ToolStep {
      const usual = script.tool(request, repeat);
      const isTrouble = usual.hangs ?? usual.throws;
      if (isTrouble !== undefined) return usual;
      if (!isJson(request.arguments)) return { ...usual, content: "The arguments are no JSON.", isError: true };
      const [schedule, key] = request.idempotencyKey.split(":");
      return oddityOf(`${schedule}.${key}`)?.tool?.(usual) ?? usual;
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
