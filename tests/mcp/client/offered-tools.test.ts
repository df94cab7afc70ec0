import { describe, expect, it } from "vitest";
import { offeredTools } from "../../../shared/mcp/client/offered-tools.ts";
import { webServer } from "../../support/tool-client.ts";

const server = webServer("https://mcp.contoso.com/mcp", { name: "files" });
const inputSchema = { type: "object" };
const reading = { annotations: { readOnlyHint: true } };
const namesOf = (listed: readonly unknown[], settings = server) =>
  offeredTools(settings, listed).tools.map(({ name }) => name);

describe("the tools that a server offers to models", () => {
  it("bear the server's name, and say whether they only read", () => {
    const read = { name: "read", title: "Read", description: "Reads a file.", inputSchema, ...reading };
    const { tools, warnings } = offeredTools(server, [{ name: "write", title: "Write", inputSchema }, read]);
    expect(tools).toEqual([
      {
        name: "files__read",
        original: "read",
        description: "Reads a file.",
        inputSchema: { type: "object", properties: {} },
        readOnly: true,
        server: "files",
      },
      expect.objectContaining({ name: "files__write", description: "Write", readOnly: false }),
    ]);
    expect(warnings).toEqual([]);
  });

  it("come in the order of their names, whatever the server's order is", () => {
    expect(namesOf(["c", "a", "b"].map((name) => ({ name, inputSchema })))).toEqual([
      "files__a",
      "files__b",
      "files__c",
    ]);
  });

  it("are those that the settings name, and what the server does not have is told", () => {
    const settings = { ...server, tools: ["read", "print"] };
    const { tools, warnings } = offeredTools(settings, [
      { name: "read", inputSchema },
      { name: "write", inputSchema },
    ]);
    expect(tools.map(({ name }) => name)).toEqual(["files__read"]);
    expect(warnings).toEqual(['The server has no tool "print", which MCP_SERVERS names.']);
  });

  it("only read when the settings want it so; a hint that is no hint does not count", () => {
    const listed = [
      { name: "read", inputSchema, ...reading },
      { name: "write", inputSchema },
      { name: "trick", inputSchema, annotations: { readOnlyHint: "yes" } },
    ];
    expect(namesOf(listed, { ...server, readOnly: true })).toEqual(["files__read"]);
    expect(offeredTools({ ...server, readOnly: true, tools: ["write"] }, listed).warnings).toEqual([
      'The tool "write" is left out: it may change something, and the server is read_only.',
    ]);
  });

  const leftOut: [string, unknown, string][] = [
    ["without a name", { inputSchema }, "A tool is left out: it has no name."],
    ["that is nothing", null, "A tool is left out: it has no name."],
    [
      "with a dot in its name",
      { name: "read.file", inputSchema },
      '"read.file" is left out: its name has other characters',
    ],
    ["with a name in another script", { name: "ler_ficção", inputSchema }, "other characters"],
    ["with a long name", { name: "r".repeat(58), inputSchema }, "longer than the 64 characters"],
    [
      "with a bad schema",
      { name: "read", inputSchema: { type: "array" } },
      '"read" is left out: its input schema is not',
    ],
    ["without a schema", { name: "read" }, "its input schema is no object"],
  ];

  it.each(leftOut)("do not include one %s, and the others stay", (_what, tool, warning) => {
    const { tools, warnings } = offeredTools(server, [tool, { name: "other", inputSchema }]);
    expect(tools.map(({ name }) => name)).toEqual(["files__other"]);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it("include the first of two with the same name", () => {
    const { tools, warnings } = offeredTools(server, [
      { name: "read", description: "first", inputSchema },
      { name: "read", description: "second", inputSchema },
    ]);
    expect(tools).toMatchObject([{ description: "first" }]);
    expect(warnings).toEqual(['The tool "read" is left out: the server has two tools of this name.']);
  });

  it("have descriptions that model APIs take", () => {
    const [tool] = offeredTools(server, [{ name: "read", description: "x".repeat(5000), inputSchema }]).tools;
    expect(tool?.description).toHaveLength(1024);
  });

  it("come with few words about a thousand bad ones", () => {
    const { warnings } = offeredTools(
      server,
      Array.from({ length: 1000 }, (_, n) => ({ name: `tool.${n}`, inputSchema })),
    );
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe("980 more warnings of this kind.");
  });
});
