import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compose } from "../../shared/app/compose.ts";
import { readConfig } from "../../shared/app/config.ts";
import { settings } from "../../shared/app/settings.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { mcpHeaders, request } from "../mcp/messages.ts";
import { unusedBackend } from "../support/backend.ts";
import { codeIn, tableUnder } from "../support/readme-tables.ts";

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const sample = JSON.parse(textOf("local.settings.sample.json")) as {
  IsEncrypted: boolean;
  Values: Record<string, string>;
};

const everyTool = createMemoryApp({ backend: unusedBackend }).catalog;
const withBackend = { BACKEND_API_URL: "http://127.0.0.1:9" };

describe("every setting", () => {
  it.each(Object.entries(settings))(
    "%s says what it means, in one sentence or two, and has an example",
    (key, setting) => {
      expect(setting.name).toBe(key);
      expect(setting.meaning).toMatch(/^[^\n|]{10,200}\.$/);
      expect(setting.example).not.toBe("");
    },
  );
});

describe("local.settings.sample.json", () => {
  it("holds every setting of the app and what the host needs, as text, and no secret", () => {
    const hostSettings = ["FUNCTIONS_WORKER_RUNTIME", "AZURE_FUNCTIONS_ENVIRONMENT"];
    expect(Object.keys(sample.Values).sort()).toEqual([...Object.keys(settings), ...hostSettings].sort());
    expect(Object.values(sample.Values).every((value) => typeof value === "string")).toBe(true);
    expect(sample.IsEncrypted).toBe(false);
    expect(JSON.stringify(sample)).not.toMatch(/AccountKey|sig=/);
  });

  it("is the configuration of local work", () => {
    expect(readConfig(sample.Values)).toEqual({
      ...readConfig({ AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" }),
      auth: "none",
      tickSeconds: 5,
    });
  });

  it("starts an app that offers every tool to everybody on this machine", async () => {
    expect(await toolsOf(withBackend)).toEqual(everyTool.map(({ name }) => name));
  });

  it("starts one without the tools of the backend, because it names none", async () => {
    const group = everyTool.filter(({ toolset }) => toolset === "backend").map(({ name }) => name);
    expect(await toolsOf({})).toEqual(everyTool.map(({ name }) => name).filter((name) => !group.includes(name)));
    expect(await toolsOf({ MCP_TOOLSETS: "backend" })).toEqual([]);
    expect(await toolsOf({ ...withBackend, MCP_TOOLSETS: "backend" })).toEqual(group);
  });
});

describe("the tools that are offered", () => {
  it("are those of the groups in MCP_TOOLSETS", async () => {
    expect(await toolsOf({ MCP_TOOLSETS: "runs, knowledge" })).toEqual([
      "what_happened",
      "list_runs",
      "get_run",
      "cancel_run",
      "get_usage",
      "get_knowledge_base",
    ]);
  });

  it("change nothing with MCP_READ_ONLY", async () => {
    const names = await toolsOf({ ...withBackend, MCP_READ_ONLY: "true" });
    expect(names).toHaveLength(14);
    expect(names.filter((name) => /^(schedule_|delete_|create_)/.test(name))).toEqual([]);
  });
});

/** The names that an app lists, started with the sample file and what is changed in it. */
async function toolsOf(change: object): Promise<string[]> {
  const app = compose(readConfig({ ...sample.Values, ...change }), { events: { record: () => {} } });
  const body = JSON.stringify(request("tools/list"));
  const headers = { ...mcpHeaders, host: "localhost:7071" };
  const call = new Request("http://localhost:7071/mcp", { method: "POST", headers, body });
  const response = await app.answerMcp(call, app.principal);
  const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
  return result.tools.map(({ name }) => name);
}

describe("README", () => {
  it("lists every setting in order, with what holds otherwise", () => {
    // The columns are: name, meaning, otherwise.
    const rows = tableUnder(textOf("README.md"), "## Configuration");
    const otherwises = rows.map((row) => [codeIn(row[0]), plain(row[2])]);
    expect(otherwises).toEqual(Object.values(settings).map(({ name, otherwise }) => [name, otherwise]));
  });

  it("lists every tool in order, with what it does to data", () => {
    const rows = tableUnder(textOf("README.md"), "## Tools");
    const effects = everyTool.map(({ name, hints }) => [
      name,
      hints.readOnlyHint ? "reads" : hints.destructiveHint ? (hints.openWorldHint ? "acts" : "deletes") : "writes",
    ]);
    expect(rows.map(([name, effect]) => [codeIn(name), effect])).toEqual(effects);
  });

  it("lists every resource and every prompt with its arguments", () => {
    const { resources, prompts } = createMemoryApp().served;
    const addresses = tableUnder(textOf("README.md"), "### Resources").map(([address]) => codeIn(address));
    expect(addresses).toEqual(resources.templates.map(({ uriTemplate }) => uriTemplate));
    const rows = tableUnder(textOf("README.md"), "### Prompts").map(([name, inputs]) => [codeIn(name), plain(inputs)]);
    expect(rows).toEqual(
      prompts.prompts.map(({ name, arguments: inputs }) => [
        name,
        inputs.map((input) => `${input.name}${input.required ? "" : "?"}`).join(", "),
      ]),
    );
  });
});

/** A value may be set as code in the table. */
const plain = (cell: string | undefined): string | undefined => cell?.replaceAll("`", "");
