import { describe, expect, it } from "vitest";
import { type Environment, readConfig } from "../../shared/app/config.ts";
import { secretOf } from "../support/secret-of.ts";

const local: Environment = {
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  AzureWebJobsStorage: "UseDevelopmentStorage=true",
};
const azureOpenAi: Environment = {
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
};
const vault: Environment = { KEYVAULT_URI: "https://kv-contoso.vault.azure.net" };
const key = `whsec_${Buffer.from("a key of the right length for it").toString("base64")}`;

describe("a setting that is a secret", () => {
  it("is the value of its variable, with a vault as well", () => {
    for (const where of [local, { ...local, ...vault }]) {
      const { model, notify } = readConfig({ ...where, ...azureOpenAi, AZURE_OPENAI_API_KEY: "k", NOTIFY_SECRET: key });
      expect(model).toMatchObject({ apiKey: { value: secretOf("k") } });
      expect(notify.secret).toEqual({ value: secretOf(key) });
    }
  });

  it("lies in the vault where KEYVAULT_SECRETS says so, under its name with hyphens", () => {
    const named = { ...vault, KEYVAULT_SECRETS: "AZURE-OPENAI-API-KEY, NOTIFY-SECRET" };
    const { model, notify, secrets } = readConfig({
      ...local,
      ...azureOpenAi,
      ...named,
      NOTIFY_URL: "http://127.0.0.1",
    });
    expect(model).toMatchObject({ kind: "azure-openai", apiKey: { secret: "AZURE-OPENAI-API-KEY" } });
    expect(notify).toMatchObject({ secret: { secret: "NOTIFY-SECRET" }, takesUrls: true });
    expect(secrets).toEqual({ vaultUrl: vault.KEYVAULT_URI });
  });

  it("chooses the provider from the vault, too", () => {
    const named = { ...vault, KEYVAULT_SECRETS: "OPENAI-API-KEY", OPENAI_MODEL: "m" };
    expect(readConfig({ ...local, ...named }).model).toMatchObject({
      kind: "openai",
      apiKey: { secret: "OPENAI-API-KEY" },
    });
  });

  it("that nobody has named is not asked for: the identity signs in", () => {
    expect(readConfig({ ...local, ...vault, ...azureOpenAi }).model).toMatchObject({ apiKey: undefined });
  });

  it.each<[string, Environment, RegExp]>([
    ["named without a vault", { KEYVAULT_SECRETS: "NOTIFY-SECRET" }, /- KEYVAULT_URI is missing: KEYVAULT_SECRETS/],
    [
      "named and set",
      { ...vault, KEYVAULT_SECRETS: "NOTIFY-SECRET", NOTIFY_SECRET: key },
      /NOTIFY_SECRET is set as well/,
    ],
    [
      "named as a variable",
      { ...vault, KEYVAULT_SECRETS: "NOTIFY_SECRET" },
      /names out of AZURE-OPENAI-API-KEY, OPENAI/,
    ],
    ["unknown", { ...vault, KEYVAULT_SECRETS: "AZURE-CLIENT-SECRET" }, /names out of AZURE-OPENAI-API-KEY, OPENAI/],
    [
      "no key",
      { ...azureOpenAi, AZURE_OPENAI_API_KEY: "two words" },
      /AZURE_OPENAI_API_KEY is wrong: a key without blanks/,
    ],
  ])("that is %s stops the start", (_what, settings, problem) => {
    expect(() => readConfig({ ...local, ...settings })).toThrow(problem);
  });

  it("shows nowhere in the configuration", () => {
    const all = { ...azureOpenAi, AZURE_OPENAI_API_KEY: "s3cr3t", NOTIFY_SECRET: key, AzureWebJobsStorage: connection };
    const servers = {
      mcp_servers: [
        {
          name: "docs",
          transport: { type: "http", url: "https://x.contoso.com", auth: { client_id: "me", api_key: "s3cr3t" } },
        },
      ],
    };
    const principal = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c", AZURE_CLIENT_SECRET: "s3cr3t" };
    const config = readConfig({ ...local, ...all, ...principal, MCP_SERVERS: JSON.stringify(servers) });
    expect(JSON.stringify(config)).not.toMatch(/s3cr3t|whsec_/);
  });
});

const connection =
  "DefaultEndpointsProtocol=https;AccountName=stcontoso;AccountKey=s3cr3t;EndpointSuffix=core.windows.net";
