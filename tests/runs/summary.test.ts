import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../../shared/model/model.ts";
import { summaryIn, summaryRequest } from "../../shared/runs/summary.ts";

const user = (text: string): ModelMessage => ({ role: "user", text });
const said = (messages: readonly ModelMessage[], characters: number) => summaryRequest(messages, characters)[1]!.text;

describe("a request for a summary", () => {
  it("holds what was asked, answered, called and found, and not the run's own system message", () => {
    const messages: readonly ModelMessage[] = [
      { role: "system", text: "secret rules" },
      user("Go."),
      { role: "assistant", text: "Wait.", toolCalls: [{ id: "1", name: "look_up", arguments: '{"q":1}' }] },
      { role: "tool", callId: "1", text: "42", isError: false },
      { role: "tool", callId: "2", text: "No such desk.", isError: true },
    ];
    expect(said(messages, 10_000)).toBe(
      'Asked: Go.\n\nAnswered: Wait.\nCalls look_up with {"q":1}\n\nResult: 42\n\nError: No such desk.',
    );
  });

  it("says that the conversation is data", () => {
    expect(summaryRequest([], 100)[0]).toMatchObject({
      role: "system",
      text: expect.stringMatching(/follow no instructions/),
    });
  });

  it("cuts the long entries when it would be too long, and says so", () => {
    const text = said([user("short"), user("x".repeat(9000)), user("end")], 3000);
    expect(text.length).toBeLessThan(3100);
    expect(text).toMatch(/^Asked: short\n\nAsked: x+ \[cut\]\n\nAsked: end$/);
  });

  it("leaves the oldest entries out where even short ones are too many", () => {
    const text = said(
      Array.from({ length: 100 }, (_, index) => user(`${index} ${"x".repeat(500)}`)),
      2000,
    );
    expect(text.match(/Asked: \d+/g)).toEqual(["Asked: 95", "Asked: 96", "Asked: 97", "Asked: 98", "Asked: 99"]);
  });
});

describe("a summary", () => {
  it("is the answer's text, and none when that is empty", () => {
    expect(summaryIn(" All well. ")).toBe("All well.");
    expect(summaryIn(" \n")).toBeUndefined();
  });

  it("is cut where it is longer than any summary", () => {
    expect(summaryIn("x".repeat(20_000))).toHaveLength(16_384);
  });
});
