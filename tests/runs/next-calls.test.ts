import { describe, expect, it } from "vitest";
import type { OpenCall } from "../../shared/conversations/fold.ts";
import { nextCalls } from "../../shared/runs/next-calls.ts";
import { nothingToReport } from "../../shared/runs/quiet.ts";
import type { Tool } from "../../shared/tools/toolbox.ts";

const tool = (name: string, readOnly: boolean): Tool => ({
  name,
  description: name,
  inputSchema: {},
  readOnly,
  server: "desk",
});
const tools = [tool("read", true), tool("write", false), nothingToReport];

const open = (...names: string[]): OpenCall[] =>
  names.map((name, index) => ({ id: `${index}`, name, arguments: "{}", index }));

const next = (openCalls: readonly OpenCall[]) => nextCalls({ openCalls, decisions: new Map() }, tools);
const names = (openCalls: readonly OpenCall[]) => next(openCalls).map(({ call }) => `${call.name} ${call.index}`);

describe("the calls that are made next", () => {
  it("are those up to the first that writes, at the same time", () => {
    expect(names(open("read", "read", "write", "read"))).toEqual(["read 0", "read 1"]);
    expect(names(open("read", "read"))).toEqual(["read 0", "read 1"]);
  });

  it("are one that writes, alone", () => {
    expect(names(open("write", "write", "read"))).toEqual(["write 0"]);
  });

  it("never go past one that writes, so that the model's order holds", () => {
    const [, , ...later] = open("read", "write", "read", "read");
    expect(names(later)).toEqual(["read 2", "read 3"]);
  });

  it("are none when all are done", () => {
    expect(next([])).toEqual([]);
  });

  it("include what is answered without a call, which hurts nobody", () => {
    expect(names(open("read", "guess", "read", "write"))).toEqual(["read 0", "guess 1", "read 2"]);
  });
});

describe("a call that is not made", () => {
  const refusal = (call: Partial<OpenCall>) => {
    const [only] = next([{ id: "x", name: "read", arguments: "{}", index: 0, ...call }]);
    return only !== undefined && "refusal" in only ? only.refusal : "made";
  };

  it("is the seventeenth of a turn", () => {
    expect(refusal({ index: 15 })).toBe("made");
    expect(refusal({ index: 16 })).toBe("Not called: one turn may ask for at most 16 tool calls.");
  });

  it("is one of a tool that the run does not have", () => {
    expect(refusal({ name: "guess" })).toBe('There is no tool "guess". Available: read, write, nothing_to_report.');
  });

  it("is one whose arguments are no JSON object; the model is shown how they begin", () => {
    expect(refusal({ arguments: "" })).toBe("made");
    expect(refusal({ arguments: `{"a":"${"x".repeat(500)}` })).toBe(
      `Not called: the arguments are no JSON object, they begin with ${JSON.stringify(`{"a":"${"x".repeat(194)}`)}. Call the tool again with valid JSON.`,
    );
  });

  it("is nothing_to_report in company", () => {
    expect(next(open("nothing_to_report", "read"))[0]).toMatchObject({
      refusal: expect.stringMatching(/^Not done: call/),
    });
  });
});
