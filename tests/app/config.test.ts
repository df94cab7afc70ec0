import { describe, expect, it } from "vitest";
import { ConfigurationError, type Environment, readConfig } from "../../shared/app/config.ts";
import { type SettingName, settings } from "../../shared/app/settings.ts";
import { problemsOf } from "./problems-of.ts";

const local: Environment = {
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
};

const azureOpenAi = {
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
};

/** What the platforms set by themselves, and what an operator sets there. */
const functions: Environment = {
  ...azureOpenAi,
  WEBSITE_SITE_NAME: "func-contoso",
  WEBSITE_HOSTNAME: "func-contoso.azurewebsites.net",
  AzureWebJobsStorage__accountName: "stcontoso",
  AzureWebJobsStorage__credential: "managedidentity",
  AzureWebJobsStorage__clientId: "00000000-0000-0000-0000-000000000001",
};
const containerApps: Environment = {
  ...azureOpenAi,
  CONTAINER_APP_NAME: "ca-contoso",
  CONTAINER_APP_HOSTNAME: "ca-contoso.example.azurecontainerapps.io",
  AzureWebJobsStorage__accountName: "stcontoso",
};
const aks: Environment = {
  ...azureOpenAi,
  KUBERNETES_SERVICE_HOST: "10.0.0.1",
  AzureWebJobsStorage__blobServiceUri: "https://stcontoso.blob.core.windows.net",
  AzureWebJobsStorage__queueServiceUri: "https://stcontoso.queue.core.windows.net",
  ALLOWED_HOSTS: "mcp.contoso.com, [::1]",
};

describe("a good environment", () => {
  it("is little in local work", () => {
    expect(readConfig(local)).toMatchObject({
      isLocal: true,
      auth: "function-key",
      model: { kind: "rehearsal" },
      toolsets: ["schedules", "runs", "approvals", "conversations", "knowledge", "backend"],
      tickSeconds: 60,
      runQueue: "scheduled-conversations-runs",
      logLevel: "info",
    });
  });

  it.each([
    ["Functions", functions, { storage: { kind: "account" }, allowedHosts: ["func-contoso.azurewebsites.net"] }],
    ["Container Apps", containerApps, { storage: { kind: "account" }, allowedHosts: [] }],
    ["AKS", aks, { storage: { kind: "addresses" }, allowedHosts: ["mcp.contoso.com", "[::1]"] }],
  ])("like that of %s is not local and signs in with an identity", (_name, environment, expected) => {
    const config = readConfig(environment);
    expect(config).toMatchObject({ isLocal: false, auth: "function-key", ...expected });
    expect(config.model).toMatchObject({ kind: "azure-openai", apiKey: undefined });
  });

  it("takes an empty text for not set, everywhere", () => {
    const names = [...Object.keys(settings), "WEBSITE_SITE_NAME", "WEBSITE_HOSTNAME"];
    const empty = Object.fromEntries(names.map((name) => [name, " "]));
    expect(readConfig({ ...empty, ...local })).toEqual(readConfig(local));
  });

  it("accepts every example that its messages give", () => {
    const keys = { NOTIFY_SECRET: settings.NOTIFY_SECRET.example, KEYVAULT_URI: settings.KEYVAULT_URI.example };
    const model = { MODEL_PROVIDER: "azure-openai", ...azureOpenAi, ...keys };
    const identity = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: settings.AZURE_CLIENT_ID.example };
    for (const { name, example } of Object.values(settings)) {
      const openAi = name.startsWith("OPENAI_") ? { MODEL_PROVIDER: "openai", OPENAI_MODEL: "m" } : {};
      const goesWith = name === "KEYVAULT_SECRETS" ? { ...openAi, NOTIFY_SECRET: "" } : { ...openAi, ...identity };
      expect.soft(() => readConfig({ ...local, ...model, ...goesWith, [name]: example }), name).not.toThrow();
    }
  });
});

describe("MCP_AUTH=none", () => {
  const open = { MCP_AUTH: "none" };

  it("is for local work", () => {
    expect(readConfig({ ...local, ...open }).auth).toBe("none");
  });

  it.each([
    ["Functions", functions],
    ["Functions with the local mark copied along", { ...functions, AZURE_FUNCTIONS_ENVIRONMENT: "Development" }],
    ["Container Apps", containerApps],
    ["AKS", aks],
    ["another stage", { ...aks, AZURE_FUNCTIONS_ENVIRONMENT: "Staging" }],
    ["a mark in other letters", { ...aks, AZURE_FUNCTIONS_ENVIRONMENT: "development" }],
  ])("stops the start in %s", (_name, environment) => {
    expect(problemsOf({ ...environment, ...open })).toEqual([
      expect.stringMatching(
        /^MCP_AUTH is none.*AZURE_FUNCTIONS_ENVIRONMENT=Development.*Example: MCP_AUTH=function-key$/,
      ),
    ]);
  });
});

describe("a wrong environment stops the start with the variable, what is expected, and an example", () => {
  const cases: [Environment, SettingName, RegExp][] = [
    [{ AzureWebJobsStorage: "" }, "AzureWebJobsStorage", /missing.*storage account/],
    [{ AzureWebJobsStorage: "stcontoso" }, "AzureWebJobsStorage", /no connection string/],
    [{ AzureWebJobsStorage: "AccountName=stcontoso" }, "AzureWebJobsStorage", /only a part/],
    [{ STORAGE_CONTAINER: "My_Container" }, "STORAGE_CONTAINER", /lower-case/],
    [{ STORAGE_CONTAINER: "c".repeat(52) }, "STORAGE_CONTAINER", /3 to 51/],
    [{ MCP_AUTH: "open" }, "MCP_AUTH", /"none" or "function-key" is expected\. /],
    [{ MCP_TOOLSETS: "schedules,cooking" }, "MCP_TOOLSETS", /"schedules", "runs", .* or "backend" is expected\. /],
    [{ MCP_TOOLSETS: "," }, "MCP_TOOLSETS", /at least one/],
    [{ MCP_READ_ONLY: "yes" }, "MCP_READ_ONLY", /"true" or "false" is expected\. /],
    [{ ALLOWED_HOSTS: "https://mcp.contoso.com" }, "ALLOWED_HOSTS", /without https/],
    [{ ALLOWED_HOSTS: "mcp.contoso.com:443" }, "ALLOWED_HOSTS", /without a port/],
    [{ ALLOWED_ORIGINS: "contoso.com" }, "ALLOWED_ORIGINS", /https:\/\/contoso\.com/],
    [{ ALLOWED_ORIGINS: "https://contoso.com/" }, "ALLOWED_ORIGINS", /https:\/\/contoso\.com is expected/],
    [{ MODEL_PROVIDER: "gpt" }, "MODEL_PROVIDER", /"azure-openai", "openai" or "rehearsal" is expected\. /],
    [{ ...azureOpenAi, AZURE_OPENAI_ENDPOINT: "contoso" }, "AZURE_OPENAI_ENDPOINT", /begins with https/],
    [{ ...azureOpenAi, AZURE_OPENAI_ENDPOINT: "https://" }, "AZURE_OPENAI_ENDPOINT", /begins with https/],
    [{ AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com" }, "AZURE_OPENAI_DEPLOYMENT_NAME", /missing/],
    [{ MODEL_PROVIDER: "azure-openai", AZURE_OPENAI_DEPLOYMENT_NAME: "d" }, "AZURE_OPENAI_ENDPOINT", /missing/],
    [{ OPENAI_BASE_URL: "localhost:11434", OPENAI_MODEL: "m" }, "OPENAI_BASE_URL", /begins with https/],
    [{ OPENAI_API_KEY: "k" }, "OPENAI_MODEL", /missing/],
    [{ TICK_SECONDS: "7" }, "TICK_SECONDS", /: "5", "10", "15", "20", "30" or "60" is expected\. /],
    [{ DUE_SHARDS: "0" }, "DUE_SHARDS", /at least 1/],
    [{ DUE_SHARDS: "65" }, "DUE_SHARDS", /at most 64/],
    [{ RUN_LEASE_SECONDS: "61" }, "RUN_LEASE_SECONDS", /at most 60/],
    [{ RUN_LEASE_SECONDS: "1m" }, "RUN_LEASE_SECONDS", /whole number from 15 to 60/],
    [{ MINIMUM_INTERVAL_SECONDS: "30" }, "MINIMUM_INTERVAL_SECONDS", /at least 60/],
    [{ MODEL_CONTEXT_TOKENS: "500" }, "MODEL_CONTEXT_TOKENS", /at least 1000/],
    [{ MODEL_CONTEXT_TOKENS: "128k" }, "MODEL_CONTEXT_TOKENS", /a whole number/],
    [{ LOG_LEVEL: "verbose" }, "LOG_LEVEL", /"debug", "info", "warning" or "error" is expected\. /],
  ];

  it.each(cases)("%j", (environment, name, expectation) => {
    const problems = problemsOf({ ...local, ...environment });
    expect(problems).toEqual([expect.stringMatching(expectation)]);
    expect(problems[0]).toMatch(new RegExp(`^${name} .*\\. Example: ${name}=.`));
    expect(problems[0]?.endsWith(`=${settings[name].example}`)).toBe(true);
  });

  it.each<[object, SettingName]>([
    [{ AzureWebJobsStorage__accountName: undefined }, "AzureWebJobsStorage__accountName"],
    [{ AzureWebJobsStorage__accountName: "https://stcontoso" }, "AzureWebJobsStorage__accountName"],
    [{ ...aks, AzureWebJobsStorage__queueServiceUri: "" }, "AzureWebJobsStorage__queueServiceUri"],
    [{ ...aks, AzureWebJobsStorage__blobServiceUri: "" }, "AzureWebJobsStorage__blobServiceUri"],
    [{ ...aks, AzureWebJobsStorage__blobServiceUri: "stcontoso" }, "AzureWebJobsStorage__blobServiceUri"],
    [{ AZURE_OPENAI_ENDPOINT: "", AZURE_OPENAI_DEPLOYMENT_NAME: "" }, "AZURE_OPENAI_ENDPOINT"],
  ])("with an identity: %j", (change, name) => {
    const base = "KUBERNETES_SERVICE_HOST" in change ? {} : containerApps;
    expect(problemsOf({ ...base, ...change })).toEqual([expect.stringMatching(`^${name} `)]);
  });

  it("shows all problems with one start", () => {
    const problems = problemsOf({ MCP_AUTH: "none", TICK_SECONDS: "1", LOG_LEVEL: "all", MODEL_PROVIDER: "gpt" });
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
      "AzureWebJobsStorage__accountName",
      "MCP_AUTH",
      "MODEL_PROVIDER",
      "TICK_SECONDS",
      "LOG_LEVEL",
    ]);
  });

  it("repeats no value, since any of them may be a secret in the wrong place", () => {
    const names = Object.keys(settings).filter(
      (name) => !/API_KEY|VERSION|SCOPE|MODEL$|DEPLOYMENT|clientId/.test(name),
    );
    const misplaced = Object.fromEntries(names.map((name) => [name, "s3cr3t!"]));
    const problems = problemsOf(misplaced);
    expect(problems.length).toBeGreaterThanOrEqual(12);
    expect(problems.join()).not.toContain("s3cr3t");
  });
});

describe("MODEL_PRICES", () => {
  const read = (prices: unknown) =>
    readConfig({ ...local, MODEL_PRICES: typeof prices === "string" ? prices : JSON.stringify(prices) }).prices;
  const mini = { input: 0.25, output: 2 };

  it("gives a currency, and for each model what a million tokens cost", () => {
    expect(read({ currency: "EUR", models: { mini } })).toEqual({ currency: "EUR", models: new Map([["mini", mini]]) });
    expect(readConfig(local).prices).toBeUndefined();
  });

  it.each([
    ["is no JSON", "{mini: 2}", "an object is expected, not text"],
    ["is empty", {}, "currency is missing"],
    ["is a list", [], "an object is expected, not a list"],
    ["names no currency", { models: { mini } }, "currency is missing"],
    ["has a symbol for the currency", { currency: "€", models: {} }, "currency: is expected to be a code"],
    ["lacks a price", { currency: "EUR", models: { mini: { input: 1 } } }, "models.mini.output is missing"],
    [
      "has a price below 0",
      { currency: "EUR", models: { mini: { ...mini, input: -1 } } },
      "models.mini.input: is expected to be 0 or more",
    ],
    [
      "has a price as text",
      { currency: "EUR", models: { mini: { ...mini, input: "1" } } },
      "models.mini.input: a number is expected, not text",
    ],
    ["has models beside the currency", { currency: "EUR", mini }, "models is missing"],
  ])("stops the start when it %s, and says where", (_case, prices, place) => {
    expect(() => read(prices)).toThrow(ConfigurationError);
    expect(() => read(prices)).toThrow(
      new RegExp(`MODEL_PRICES is wrong: JSON with currency and models.*; ${place}.*\\. Example: MODEL_PRICES=`),
    );
  });
});
