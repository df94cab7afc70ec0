import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Environment, readConfig } from "../../shared/app/config.ts";
import { secretOf } from "../support/secret-of.ts";
import { problemsOf } from "./problems-of.ts";

const local: Environment = {
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
};

const cloud: Environment = {
  AzureWebJobsStorage__accountName: "stcontoso",
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
};

const url = "https://mcp.contoso.com/mcp";
const http = (more: object = {}) => ({ type: "http", url, ...more });
const entry = (more: object = {}) => ({ name: "docs", transport: http(), ...more });
const withAuth = (auth: object, at = url) => entry({ transport: { type: "http", url: at, auth } });
const asText = (...entries: unknown[]) => JSON.stringify({ mcp_servers: entries });
const readServers = (text: string, base = local) => readConfig({ ...base, MCP_SERVERS: text });

describe("MCP_SERVERS", () => {
  it("describes servers of every transport", () => {
    const program = { type: "stdio", command: "npx", args: ["-y", "@modelcontextprotocol/server-filesystem", "."] };
    const { mcpServers } = readServers(
      asText(
        entry({ tools: ["search"], read_only: true }),
        entry({ name: "old", transport: { type: "sse", url } }),
        entry({ name: "files", transport: program }),
      ),
    );
    expect(mcpServers).toEqual([
      { name: "docs", transport: http(), tools: ["search"], readOnly: true },
      { name: "old", transport: { type: "sse", url }, readOnly: false },
      { name: "files", transport: { ...program, env: {} }, readOnly: false },
    ]);
  });

  it("may be the list alone, or nothing", () => {
    expect(readServers(JSON.stringify([entry()])).mcpServers).toEqual(readServers(asText(entry())).mcpServers);
    expect(readConfig(local).mcpServers).toEqual([]);
    expect(readServers("[]").mcpServers).toEqual([]);
  });

  it("knows four ways to sign in", () => {
    const key = { client_id: "me", api_key: "k" };
    const credentials = { client_id: "me", client_secret: { secret: "S-1" }, token_url: `${url}/t`, scope: "s" };
    const auths = [
      key,
      { ...key, token_url: `${url}/t` },
      credentials,
      { use_managed_identity: true, scope: "s" },
      { bearer_secret: "T-1" },
    ];
    const entries = auths.map((auth, index) => ({ ...withAuth(auth), name: `s${index}` }));
    const { mcpServers } = readServers(asText(...entries), { ...local, S_1: "x", T_1: "y" });
    expect(mcpServers.map(({ transport }) => "auth" in transport && transport.auth)).toEqual([
      {
        kind: "api-key",
        clientId: "me",
        apiKey: { value: secretOf("k") },
        tokenUrl: "https://mcp.contoso.com/api/auth/token",
      },
      { kind: "api-key", clientId: "me", apiKey: { value: secretOf("k") }, tokenUrl: `${url}/t` },
      { kind: "client-credentials", clientId: "me", clientSecret: { secret: "S-1" }, tokenUrl: `${url}/t`, scope: "s" },
      { kind: "managed-identity", scope: "s" },
      { kind: "bearer-secret", secret: "T-1" },
    ]);
  });
});

it("is described in docs/toolbox.md with an example that works", () => {
  const document = readFileSync(new URL("../../docs/toolbox.md", import.meta.url), "utf8");
  const example = /```jsonc\n(.*?)```/s.exec(document)?.[1]?.replaceAll(/ \/\/ .*/g, "") ?? "";
  const { mcpServers } = readServers(example, cloud);
  expect(mcpServers).toMatchObject([{ name: "tickets", tools: ["search", "create"], readOnly: false }]);
});

describe("a wrong MCP_SERVERS stops the start", () => {
  const key = { client_id: "me", api_key: "s3cr3t" };
  const cases: [string, unknown, RegExp][] = [
    ["an entry that is no object", "docs", /in mcp_servers\[0\]: an object is expected, not text\./],
    ["no name", { transport: http() }, /in mcp_servers\[0\]: name is missing\./],
    ["a name with a blank", entry({ name: "my docs" }), /in mcp_servers\[0\]: name: letters and digits/],
    ["a name with __", entry({ name: "a__b" }), /name: letters and digits/],
    ["a long name", entry({ name: "n".repeat(33) }), /name: at most 32 characters/],
    ["one of our own names", entry({ name: "Schedules" }), /\(Schedules\): name: one of our own groups of tools/],
    ["no transport", { name: "docs" }, /in mcp_servers\[0\] \(docs\): transport/],
    ["another transport", entry({ transport: { type: "tcp" } }), /transport.*"http", "sse" or "stdio" is expected/],
    ["no address", entry({ transport: { type: "http" } }), /transport\.url is missing/],
    ["half an address", entry({ transport: http({ url: "mcp.contoso.com" }) }), /transport\.url: .*begins with https/],
    [
      "a password in the address",
      entry({ transport: http({ url: "https://u:s3cr3t@contoso.com" }) }),
      /transport\.url: no name/,
    ],
    ["a program without a command", entry({ transport: { type: "stdio" } }), /transport\.command is missing/],
    [
      "arguments in one text",
      entry({ transport: { type: "stdio", command: "npx", args: "-y x" } }),
      /transport\.args: a list is expected, not text\./,
    ],
    ["a misspelt field", entry({ read_olny: true }), /unknown field read_olny/],
    ["a misspelt field of the transport", entry({ transport: http({ urL: "" }) }), /transport: unknown field urL/],
    ["a flag that is a text", entry({ read_only: "true" }), /read_only: true or false is expected, not text\./],
    ["no tool at all", entry({ tools: [] }), /tools: at least one is expected; leave it out/],
    ["an empty sign-in", withAuth({}), /transport\.auth: one of the fields use_managed_identity, bearer_secret/],
    ["a sign-in without its client", withAuth({ api_key: "s3cr3t" }), /transport\.auth\.client_id is missing/],
    ["an empty key", withAuth({ ...key, api_key: " " }), /transport\.auth\.api_key: must not be empty/],
    [
      "a key that is a number",
      withAuth({ ...key, api_key: 4711 }),
      /transport\.auth\.api_key: text is expected, not a number\./,
    ],
    ["a field of another sign-in", withAuth({ ...key, scope: "s" }), /transport\.auth: unknown field scope/],
    [
      "credentials without an endpoint",
      withAuth({ client_id: "me", client_secret: "s3cr3t", scope: "s" }),
      /auth\.token_url is missing/,
    ],
    ["an identity without a scope", withAuth({ use_managed_identity: true }), /transport\.auth\.scope is missing/],
    [
      "an identity that is not to be used",
      withAuth({ use_managed_identity: false, scope: "s" }),
      /use_managed_identity: true is/,
    ],
    [
      "a token in the place of its secret's name",
      withAuth({ bearer_secret: "s3cr3t.token_1" }),
      /bearer_secret: the name of a secret/,
    ],
    [
      "a key whose secret has no name",
      withAuth({ ...key, api_key: { secret: "" } }),
      /api_key\.secret: the name of a secret/,
    ],
  ];

  it.each(cases)("%s", (_what, wrong, expectation) => {
    const [problem, ...others] = problemsOf({ ...local, MCP_SERVERS: asText(wrong) });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^MCP_SERVERS is wrong in mcp_servers\[0\]/);
    expect(problem).toMatch(expectation);
    expect(problem).toMatch(/\. Example: MCP_SERVERS=\{"mcp_servers":\[\{"name":/);
    expect(problem).not.toContain("s3cr3t");
  });

  it.each(["{", "docs", "{}", '{"servers":[]}', '{"mcp_servers":{}}', "null", '{"mcp_servers":[],"more":1}'])(
    "%s is not its shape",
    (text) => {
      expect(problemsOf({ ...local, MCP_SERVERS: text })).toEqual([
        expect.stringContaining('MCP_SERVERS is wrong: JSON of the shape {"mcp_servers":[...]} is expected.'),
      ]);
    },
  );

  it("names every entry that is wrong, and two with the same name", () => {
    const text = asText(entry(), entry({ name: "Docs" }), {}, entry({ name: "files", transport: { type: "stdio" } }));
    expect(problemsOf({ ...local, MCP_SERVERS: text }).map((problem) => problem.split(" Example:")[0])).toEqual([
      "MCP_SERVERS is wrong in mcp_servers[1] (Docs): name: an earlier entry has it, too.",
      "MCP_SERVERS is wrong in mcp_servers[2]: name is missing.",
      expect.stringMatching(/^MCP_SERVERS is wrong in mcp_servers\[2\]: transport/),
      "MCP_SERVERS is wrong in mcp_servers[3] (files): transport.command is missing.",
    ]);
  });

  it.each([
    ["Azure", cloud],
    ["App Service with the local mark copied along", { ...cloud, ...local, WEBSITE_SITE_NAME: "func-contoso" }],
  ])("a program in %s", (_where, environment) => {
    const text = asText(entry({ transport: { type: "stdio", command: "npx" } }));
    const problems = problemsOf({ ...environment, MCP_SERVERS: text });
    expect(problems).toEqual([
      expect.stringMatching(/\(docs\): transport\.type: stdio starts a program, which is only for/),
    ]);
  });

  it("a token that would go through the open network", () => {
    const openServer = withAuth(key, "http://mcp.contoso.com/mcp");
    const openEndpoint = withAuth({ ...key, token_url: "http://contoso.com/token" });
    const problemsIn = (given: object, base = cloud) => problemsOf({ ...base, MCP_SERVERS: asText(given) });
    expect(problemsIn(openServer)).toEqual([
      expect.stringContaining("transport.url: https:// is needed where a token is sent"),
      expect.stringContaining("transport.auth.token_url: https:// is needed"),
    ]);
    expect(problemsIn(openEndpoint)).toEqual([expect.stringContaining("transport.auth.token_url: https:// is needed")]);
    expect(problemsIn(openServer, local)).toEqual([]);
    expect(problemsIn(withAuth(key, "http://localhost:5146/mcp"))).toEqual([]);
    expect(problemsIn(entry({ transport: http({ url: "http://mcp.contoso.com" }) }))).toEqual([]);
  });
});

describe("secrets that the servers need", () => {
  const text = asText(withAuth({ bearer_secret: "TICKETS-TOKEN" }));

  it("come from Key Vault, or from variables with their names", () => {
    const vault = { KEYVAULT_URI: "https://kv-contoso.vault.azure.net" };
    expect(readServers(text, { ...cloud, ...vault }).secrets).toEqual({ vaultUrl: vault.KEYVAULT_URI });
    expect(readServers(text, { ...local, TICKETS_TOKEN: " t " }).secrets).toEqual({
      values: { "TICKETS-TOKEN": secretOf("t") },
    });
  });

  it.each([{}, { TICKETS_TOKEN: " " }])("stop the start where neither is there: %j", (variables) => {
    expect(problemsOf({ ...local, ...variables, MCP_SERVERS: text })).toEqual([
      expect.stringMatching(/^KEYVAULT_URI is missing, and so are variables for secrets .*: TICKETS_TOKEN\./),
    ]);
  });

  it.each(["kv-contoso", "http://kv-contoso.vault.azure.net", "https://"])(
    "stop the start with the vault %s",
    (value) => {
      expect(problemsOf({ ...local, KEYVAULT_URI: value })).toEqual([
        expect.stringMatching(/^KEYVAULT_URI is wrong: the https/),
      ]);
    },
  );
});
