import { describe, expect, it } from "vitest";
import { foldRun } from "../../shared/conversations/fold.ts";
import { decideTurn, type TurnConditions } from "../../shared/runs/turn.ts";
import { defaultPolicies } from "../../shared/schedule/policies.ts";
import { asks, assistant, finished, result, started, user } from "../support/sample-events.ts";

const calm: TurnConditions = {
  timedOut: false,
  mustSuspend: false,
  isPoisoned: false,
  tools: [],
  left: { tokens: 1000, limit: "run_tokens" },
  isPromptLong: false,
  definition: { policies: defaultPolicies },
  report: undefined,
  decision: undefined,
};
const opened = [started("a"), user("a", "u")];
const text = assistant("a", { text: "Hi" });

const decide = (events: Parameters<typeof foldRun>[0], conditions: Partial<TurnConditions> = {}) =>
  decideTurn(foldRun(events, "a"), { ...calm, ...conditions });

describe("the next thing to do in a run", () => {
  it.each([
    ["the first model call", opened, {}, { kind: "call_model" }],
    [
      "the next model call after the results",
      [...opened, asks("a", "1"), result("a", "1")],
      {},
      { kind: "call_model" },
    ],
    ["the end, when the model has answered", [...opened, text], {}, { kind: "finish", outcome: "succeeded" }],
    [
      "the commit of an end that the log holds",
      [...opened, text, finished("a")],
      {},
      { kind: "commit", finished: { outcome: "succeeded" } },
    ],
    ["to stop at a safe point", opened, { mustSuspend: true }, { kind: "suspend" }],
    ["to stop before a tool call as well", [...opened, asks("a", "1")], { mustSuspend: true }, { kind: "suspend" }],
    [
      "the end, when the time is over",
      opened,
      { timedOut: true },
      { kind: "finish", outcome: "timed_out", reason: "timeout" },
    ],
    [
      "the end of a run that kills its workers",
      opened,
      { isPoisoned: true },
      { kind: "finish", outcome: "failed", reason: "poison" },
    ],
  ] as const)("is %s", (_, events, conditions, expected) => {
    expect(decide(events, conditions)).toMatchObject(expected);
  });

  it("is never to throw away an answer or an end that is in the log", () => {
    const worst = { timedOut: true, mustSuspend: true, isPoisoned: true };
    expect(decide([...opened, text], worst)).toEqual({ kind: "finish", outcome: "succeeded" });
    expect(decide([...opened, finished("a", "cancelled", "why")], worst)).toEqual({
      kind: "commit",
      finished: { run: "a", outcome: "cancelled", reason: "why" },
    });
  });

  it("is the end after twenty turns that all asked for tools", () => {
    const turns = Array.from({ length: 20 }, () => [asks("a", "1"), result("a", "1")]).flat();
    expect(decide([...opened, ...turns.slice(2)])).toEqual({ kind: "call_model" });
    expect(decide([...opened, ...turns])).toEqual({ kind: "finish", outcome: "failed", reason: "turn_limit" });
  });

  it("is to sum up first what makes the prompt too long", () => {
    expect(decide(opened, { isPromptLong: true })).toEqual({ kind: "summarise" });
    expect(decide([...opened, asks("a", "1")], { isPromptLong: true })).toMatchObject({ kind: "call_tools" });
  });

  it.each(["run_tokens", "month_tokens"] as const)(
    "is the end before a call that no token is left for: %s",
    (limit) => {
      const end = { kind: "finish", outcome: "budget_exceeded", reason: limit };
      expect(decide(opened, { left: { tokens: 0, limit }, isPromptLong: true })).toEqual(end);
      expect(decide(opened, { left: { tokens: 1, limit } })).toEqual({ kind: "call_model" });
    },
  );
});
