import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import { findLastFinished, findUnfinishedRun, foldRun } from "../../shared/conversations/fold.ts";
import {
  asks,
  assistant,
  carryOver,
  closed,
  finished,
  result,
  sealed,
  started,
  summary,
  system,
  user,
} from "../support/sample-events.ts";

const opening = [started("a"), system("a", "s"), user("a", "u")];

describe("how far a run has come", () => {
  it("is nowhere in an empty log", () => {
    expect(foldRun([], "a")).toMatchObject({ turns: 0, openCalls: [], isOpened: false, newestEpoch: 0, nextStep: 0 });
  });

  it("is opened once its prompt is there", () => {
    expect(foldRun(opening.slice(0, 2), "a").isOpened).toBe(false);
    expect(foldRun(opening, "a")).toMatchObject({ isOpened: true, nextStep: 3, newestEpoch: 1 });
  });

  it("counts turns, calls and tokens over all pick-ups", () => {
    const events = [
      ...opening,
      asks("a", "1", "2"),
      result("a", "1"),
      started("a", 2),
      result("a", "2"),
      assistant("a", { text: "Hi" }),
    ];
    expect(foldRun(events, "a")).toMatchObject({
      turns: 2,
      toolCalls: 2,
      openCalls: [],
      answer: "Hi",
      lastFinishReason: "stop",
      promptTokens: 20,
      completionTokens: 10,
      newestEpoch: 2,
    });
  });

  it("counts tokens by model, those of summaries included", () => {
    const events = [...opening, asks("a", "1"), result("a", "1"), summary("a", "s"), assistant("a", { model: "n" })];
    expect(foldRun([...events, assistant("b"), assistant("a")], "a")).toMatchObject({
      turns: 3,
      promptTokens: 37,
      completionTokens: 18,
      usage: [
        { model: "m", promptTokens: 27, completionTokens: 13 },
        { model: "n", promptTokens: 10, completionTokens: 5 },
      ],
    });
  });

  it("counts the turns in a row whose arguments are no JSON object; none at all are an empty object", () => {
    const turn = (text: string) => [
      assistant("a", { toolCalls: [{ id: "1", name: "t", arguments: text }], finishReason: "tool_calls" }),
      result("a", "1"),
    ];
    const malformedAfter = (...texts: string[]) => foldRun(texts.flatMap(turn), "a").malformedTurns;
    expect(malformedAfter('{"half":', "[1]")).toBe(2);
    expect(malformedAfter("null", '{"a":1}')).toBe(0);
    expect(malformedAfter("", "  ", "{}")).toBe(0);
  });

  it("counts how often a call failed since it last went well, and says whether in more than one turn", () => {
    const turn = (isError: boolean, ...ids: string[]) => [
      asks("a", ...ids),
      ...ids.map((id) => ({ ...result("a", id), isError })),
    ];
    const failures = (...turns: LoggedEvent[][]) =>
      [...foldRun(turns.flat(), "a").failingCalls.values()].map(({ times, isRepeated }) => [times, isRepeated]);
    expect(failures(turn(true, "1", "2"))).toEqual([[2, false]]);
    expect(failures(turn(true, "1", "2"), turn(true, "1"))).toEqual([[3, true]]);
    expect(failures(turn(true, "1"), turn(false, "1"))).toEqual([]);
    expect(failures(turn(true, "1"), turn(false, "1"), turn(true, "1"))).toEqual([[1, false]]);
  });

  it("leaves the calls without a result to do, in order and with their place", () => {
    const { openCalls } = foldRun([...opening, asks("a", "1", "2", "3"), result("a", "2")], "a");
    expect(openCalls.map(({ id, index }) => [id, index])).toEqual([
      ["1", 0],
      ["3", 2],
    ]);
  });

  it("keeps the newest text as its answer while tools are being asked for", () => {
    expect(foldRun([assistant("a", { text: "Wait." }), asks("a", "1")], "a").answer).toBe("Wait.");
  });

  it("does not mix in other runs and events of later versions", () => {
    const events = [
      ...opening,
      finished("a"),
      started("b"),
      { type: "unknown", raw: { run: "b" } } as const,
      assistant("b"),
    ];
    expect(foldRun(events, "b")).toMatchObject({ turns: 1, isOpened: false });
    expect(foldRun(events, "b").finished).toBeUndefined();
  });

  it("is finished when the log says so, also through the carry-over of a segment", () => {
    const end = { run: "a", outcome: "failed", reason: "poison" } as const;
    expect(foldRun([...opening, finished("a", "failed", "poison")], "a").finished).toEqual(end);
    expect(foldRun([carryOver({ lastFinished: end })], "a").finished).toEqual(end);
    expect(foldRun([carryOver({ lastFinished: end })], "b").finished).toBeUndefined();
  });
});

describe("the unfinished run of a log", () => {
  it.each([
    ["none in an empty log", [], undefined],
    ["the one that started", [started("a")], "a"],
    ["none after its end", [started("a"), finished("a"), sealed], undefined],
    ["none after it was closed", [started("a"), closed("a")], undefined],
    ["the last of several", [started("a"), finished("a"), started("b")], "b"],
    ["the same after a second pick-up", [started("a"), started("a", 2)], "a"],
  ])("is %s", (_, events, expected) => {
    expect(findUnfinishedRun(events)).toBe(expected);
  });
});

describe("the last run that finished", () => {
  it("is found in the log, else in what was carried over", () => {
    const carried = { run: "z", outcome: "succeeded" } as const;
    expect(findLastFinished([])).toBeUndefined();
    expect(findLastFinished([carryOver({ lastFinished: carried })])).toEqual(carried);
    expect(findLastFinished([carryOver({ lastFinished: carried }), finished("a"), started("b")])?.run).toBe("a");
  });
});
