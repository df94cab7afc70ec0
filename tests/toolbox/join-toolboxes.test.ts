import { describe, expect, it } from "vitest";
import { joinToolboxes } from "../../shared/tools/join-toolboxes.ts";
import type { Tool, Toolbox, ToolSource } from "../../shared/tools/toolbox.ts";

function toolboxOf(who: string, names: readonly string[], sources: readonly ToolSource[] = []): Toolbox {
  const server = (name: string) => name.split("__")[0] ?? "";
  const toTool = (name: string): Tool => ({
    name,
    server: server(name),
    description: "",
    inputSchema: {},
    readOnly: true,
  });
  return {
    list: async () => names.map(toTool),
    sources: async () => sources,
    call: async ({ name }) => ({ content: `${who}: ${name}`, isError: false }),
  };
}

const ready = (server: string, tools: number): ToolSource => ({ server, state: "ready", tools, warnings: ["one"] });
const request = { arguments: "{}", owner: "local", idempotencyKey: "k", signal: new AbortController().signal };
const many = (server: string, count: number) => Array.from({ length: count }, (_, n) => `${server}__t${n}`);

describe("our tools and the servers' tools", () => {
  it("stand in one list, ours first, and the servers are its sources", async () => {
    const sources = [ready("a", 1), ready("b", 1)];
    const joined = joinToolboxes(toolboxOf("own", ["look"]), toolboxOf("servers", ["a__x", "b__y"], sources));
    expect((await joined.list()).map(({ name }) => name)).toEqual(["look", "a__x", "b__y"]);
    expect(await joined.sources()).toEqual(sources);
  });

  it.each([
    ["look", "own: look"],
    ["odd__name", "own: odd__name"],
    ["a__x", "servers: a__x"],
    ["a__gone", "servers: a__gone"],
    ["nothing", "own: nothing"],
  ])("are called where they are: %s", async (name, answer) => {
    const joined = joinToolboxes(toolboxOf("own", ["look", "odd__name"]), toolboxOf("servers", ["a__x"]));
    expect((await joined.call({ ...request, name })).content).toBe(answer);
  });

  it("are no more than a model takes; the last servers lose some, and say so", async () => {
    const names = [...many("a", 100), ...many("b", 60)];
    const joined = joinToolboxes(
      toolboxOf("own", many("own", 20)),
      toolboxOf("x", names, [ready("a", 100), ready("b", 60)]),
    );
    expect(await joined.list()).toHaveLength(127);
    expect(await joined.sources()).toEqual([
      ready("a", 100),
      {
        ...ready("b", 7),
        warnings: ["one", expect.stringMatching(/^53 of its tools are left out: a model takes 127/)],
      },
    ]);
  });
});
