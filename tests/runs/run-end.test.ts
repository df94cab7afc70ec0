import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { foldRun } from "../../shared/conversations/fold.ts";
import type { TokensLeft } from "../../shared/runs/budget.ts";
import { nothingToReport } from "../../shared/runs/quiet.ts";
import { endOf } from "../../shared/runs/run-end.ts";
import { asks, assistant, result, started, user } from "../support/sample-events.ts";

const opened = [started("a"), user("a", "u")];
const plenty: TokensLeft = { tokens: 1000, limit: "run_tokens" };
const end = (events: readonly LoggedEvent[], left = plenty, tools = [nothingToReport]) =>
  endOf(foldRun([...opened, ...events], "a"), { tools, left });

const calls = (...called: readonly (readonly [name: string, args: string])[]) =>
  assistant("a", {
    toolCalls: called.map(([name, args], index) => ({ id: `${index}`, name, arguments: args })),
    finishReason: "tool_calls",
  });
const failedTurn = (...args: readonly string[]) => [
  calls(...args.map((text) => ["t", text] as const)),
  ...args.map((_, index) => ({ ...result("a", `${index}`), isError: true })),
];

describe("the end of a run by its last answer", () => {
  it.each([
    [assistant("a", { text: "Hi" }), { outcome: "succeeded" }],
    [assistant("a", { text: "" }), { outcome: "no_output", reason: "empty_answer" }],
    [assistant("a", { text: "x", finishReason: "content_filter" }), { outcome: "failed", reason: "content_filter" }],
    [assistant("a", { text: "x", finishReason: "length" }), { outcome: "succeeded" }],
  ])("%#", (answer, expected) => {
    expect(end([answer])).toEqual(expected);
  });

  it("is a success without text when tools have done the work", () => {
    expect(end([asks("a", "1"), result("a", "1"), assistant("a", { text: "" })])).toEqual({ outcome: "succeeded" });
  });

  it("is the budget's when the answer was cut by it; a whole answer that used it up counts", () => {
    const used: TokensLeft = { tokens: 0, limit: "month_tokens" };
    expect(end([assistant("a", { text: "Hal", finishReason: "length" })], used)).toEqual({
      outcome: "budget_exceeded",
      reason: "month_tokens",
    });
    expect(end([assistant("a", { text: "Whole." })], used)).toEqual({ outcome: "succeeded" });
  });

  it("has not come before the first answer, nor while tools are asked for", () => {
    expect(end([])).toBeUndefined();
    expect(end([asks("a", "1")])).toBeUndefined();
  });
});

describe("a run with nothing to report", () => {
  const quiet = (args: string) => end([calls(["nothing_to_report", args])]);

  it("ends succeeded, with the reason that the model gave", () => {
    expect(quiet('{"reason":" All is well. "}')).toMatchObject({
      outcome: "succeeded",
      quiet: "All is well.",
      answers: { id: "0", name: "nothing_to_report" },
    });
  });

  it.each(["", "{}", '{"reason":7}', '{"reason":" "}'])("ends also without a reason: %j", (args) => {
    expect(quiet(args)?.quiet).toBe("The model gave no reason.");
  });

  it("keeps 500 characters of the reason", () => {
    expect(quiet(JSON.stringify({ reason: "x".repeat(600) }))?.quiet).toHaveLength(500);
  });

  it("does not end by a call that has company, is no JSON, or was not offered", () => {
    const ask = ["nothing_to_report", "{}"] as const;
    expect(end([calls(ask, ["t", "{}"])])).toBeUndefined();
    expect(end([calls(["t", "{}"], ask), result("a", "0")])).toBeUndefined();
    expect(quiet('{"reason":')).toBeUndefined();
    expect(end([calls(ask)], plenty, [])).toBeUndefined();
  });
});

describe("a run without hope", () => {
  it("ends when the same call with the same arguments has failed three times", () => {
    const twice = [...failedTurn("{}"), ...failedTurn('{"a":1}'), ...failedTurn("{}")];
    expect(end(twice)).toBeUndefined();
    expect(end([...twice, ...failedTurn("{}")])).toEqual({ outcome: "failed", reason: "repeated_tool_failure" });
  });

  it("counts equal calls of one turn, and ends only when the model knew of a failure and made the call again", () => {
    const repeated = { outcome: "failed", reason: "repeated_tool_failure" };
    expect(end([...failedTurn("{}", "{}"), ...failedTurn("{}")])).toEqual(repeated);
    expect(end([...failedTurn("{}"), ...failedTurn("{}", "{}")])).toEqual(repeated);
    const three = failedTurn("{}", "{}", "{}");
    expect(end(three)).toBeUndefined();
    expect(end([...three, calls(["t", "{}"])])).toBeUndefined();
    expect(end([...three, ...failedTurn('{"a":1}')])).toBeUndefined();
    expect(end([...three, ...failedTurn("{}")])).toEqual(repeated);
  });

  it("ends when arguments are no JSON twice in a row", () => {
    expect(end(failedTurn('{"a":'))).toBeUndefined();
    expect(end([...failedTurn('{"a":'), calls(["t", "[]"])])).toEqual({
      outcome: "failed",
      reason: "bad_tool_arguments",
    });
    expect(end([...failedTurn('{"a":'), ...failedTurn("{}"), calls(["t", "[]"])])).toBeUndefined();
  });
});
