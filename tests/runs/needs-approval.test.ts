import { describe, expect, it } from "vitest";
import { foldRun } from "../../shared/conversations/fold.ts";
import { needsApproval, undecidedCalls } from "../../shared/runs/needs-approval.ts";
import { defaultPolicies, type Policies } from "../../shared/schedule/policies.ts";
import type { Tool } from "../../shared/tools/toolbox.ts";
import { assistant, decided, requested, result, started, user } from "../support/sample-events.ts";

const tool = (name: string, readOnly: boolean): Tool => ({
  name,
  readOnly,
  description: "",
  inputSchema: {},
  server: "desk",
});
const tools = [tool("look_up", true), tool("send", false)];
const under = (approval: Policies["approval"], allowedTools?: string[]) => ({
  policies: { ...defaultPolicies, approval },
  allowedTools,
});

describe("a tool", () => {
  it.each([
    ["never", "send", [], false],
    ["writes", "look_up", [], false],
    ["writes", "send", undefined, true],
    ["writes", "send", ["desk:*"], true],
    ["writes", "send", ["desk:*", "send"], false],
    ["always", "look_up", ["look_up"], true],
    ["always", "send", ["send"], true],
  ] as const)("under %s, %s with the allow list %j needs approval: %s", (approval, name, allowed, expected) => {
    const found = tools.find((one) => one.name === name)!;
    expect(needsApproval(found, under(approval, allowed && [...allowed]))).toBe(expected);
  });

  it("needs approval by default when it changes something", () => {
    expect(needsApproval(tool("send", false), { policies: defaultPolicies, allowedTools: undefined })).toBe(true);
  });
});

describe("the calls that wait", () => {
  const call = (id: string, name: string, text = "{}") => ({ id, name, arguments: text });
  const asked = assistant("a", {
    toolCalls: [call("1", "look_up"), call("2", "send"), call("3", "guess"), call("4", "send", "{"), call("5", "send")],
    finishReason: "tool_calls",
  });
  const opening = [started("a"), user("a", "u"), asked];
  const waiting = (events: Parameters<typeof foldRun>[0]) =>
    undecidedCalls(foldRun(events, "a"), tools, under("writes")).map(({ id }) => id);

  it("are those that would be made: not of unknown tools, not with broken arguments", () => {
    expect(waiting(opening)).toEqual(["2", "5"]);
  });

  it("are those without a result and without a decision, whatever the decision is", () => {
    expect(waiting([...opening, result("a", "2")])).toEqual(["5"]);
    const request = requested("a", 7, ["2", "5"]);
    expect(waiting([...opening, request])).toEqual(["2", "5"]);
    expect(waiting([...opening, request, decided("a", 7, true)])).toEqual([]);
    expect(waiting([...opening, request, decided("a", 7, false)])).toEqual([]);
    expect(waiting([...opening, requested("a", 7, ["2"]), decided("a", 7, true)])).toEqual(["5"]);
  });

  it("are asked about anew in each turn, also when a provider gives the same ids again", () => {
    const once = [...opening, requested("a", 7, ["2", "5"]), decided("a", 7, true)];
    expect(waiting([...once, asked])).toEqual(["2", "5"]);
  });

  it("are not decided by a decision about another request, or of another run", () => {
    const request = requested("a", 7, ["2", "5"]);
    expect(waiting([...opening, request, decided("a", 6, true)])).toEqual(["2", "5"]);
    expect(waiting([...opening, request, decided("b", 7, true)])).toEqual(["2", "5"]);
    expect(waiting([...opening, decided("a", 7, true), request])).toEqual(["2", "5"]);
  });
});
