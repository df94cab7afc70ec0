import { describe, expect, it } from "vitest";
import { allowedTools, missingTools } from "../../shared/runs/allowed-tools.ts";
import type { Tool } from "../../shared/tools/toolbox.ts";

const tool = (name: string, server: string, readOnly: boolean): Tool => ({
  name,
  server,
  readOnly,
  description: name,
  inputSchema: {},
});

const tools = [
  tool("list_runs", "runs", true),
  tool("cancel_run", "runs", false),
  tool("desk__look_up", "desk", true),
  tool("desk__send", "desk", false),
  tool("desk2__send", "desk2", false),
];

describe("the tools that a run may use", () => {
  it.each([
    ["those that only read, without a list", undefined, ["list_runs", "desk__look_up"]],
    ["none, by an empty list", [], []],
    ["those that are named", ["desk__send", "list_runs"], ["list_runs", "desk__send"]],
    ["those of a server", ["desk:*"], ["desk__look_up", "desk__send"]],
    ["those of one of our own toolsets", ["runs:*"], ["list_runs", "cancel_run"]],
    ["both", ["desk2:*", "list_runs"], ["list_runs", "desk2__send"]],
    ["none of what nobody offers at this moment", ["lost:*", "lost__tool"], []],
    ["all in a talk begun by hand", ["*"], tools.map(({ name }) => name)],
  ])("are %s", (_, allowed, expected) => {
    const names = allowedTools(tools, allowed === undefined ? {} : { allowedTools: allowed }).map(({ name }) => name);
    expect(names).toEqual(expected);
  });
});

describe("what an allow list names in vain", () => {
  it.each([
    [undefined, []],
    [["*"], []],
    [["desk:*", "list_runs"], []],
    [
      ["lost:*", "desk:*", "desk__gone"],
      ["lost:*", "desk__gone"],
    ],
  ])("of %j is %j", (allowed, expected) => {
    expect(missingTools(tools, allowed === undefined ? {} : { allowedTools: allowed })).toEqual(expected);
  });
});
