import tls from "node:tls";
import { expect, it } from "vitest";
import { compose } from "../../shared/app/compose.ts";
import { readConfig } from "../../shared/app/config.ts";
import { type WatchedParts, watchedIn } from "../../shared/app/watched.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";

const nobody = "http://127.0.0.1:9";

const everything = {
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  AzureWebJobsStorage: `DefaultEndpointsProtocol=http;AccountName=contoso;AccountKey=bm9uZQ==;BlobEndpoint=${nobody}/contoso;QueueEndpoint=${nobody}/contoso;`,
  AZURE_TENANT_ID: "6f7b0c1e-0000-4000-8000-000000000001",
  AZURE_CLIENT_ID: "6f7b0c1e-0000-4000-8000-000000000002",
  AZURE_CLIENT_SECRET: "secret-of-the-principal",
  KEYVAULT_URI: "https://kv-contoso.vault.azure.net",
  MODEL_PROVIDER: "openai",
  OPENAI_BASE_URL: `${nobody}/v1`,
  OPENAI_MODEL: "deployment-of-contoso",
  BACKEND_API_URL: nobody,
  SCHEDULER_URL: nobody,
  PUBLIC_URL: "http://localhost:7071",
  MCP_SERVERS: JSON.stringify([{ name: "payroll", transport: { type: "http", url: `${nobody}/mcp` } }]),
};

async function readinessOf(settings: Readonly<Record<string, string>>) {
  const app = compose(readConfig(settings), { events: { record: () => {} } });
  const { dependencies } = await app.checkReadiness();
  await app.stop();
  return dependencies;
}

it("readiness names what is set up, by what it is and never by what the operator calls it", async () => {
  const dependencies = await readinessOf(everything);
  expect(dependencies).toEqual({
    storage: { status: "unavailable", error: expect.any(String), latencyMs: expect.any(Number) },
    identity: { status: "unused" },
    key_vault: { status: "unused", breaker: "closed" },
    model: { status: "unused", breaker: "closed" },
    backend: { status: "degraded", error: "SERVICE_ERROR", latencyMs: expect.any(Number), breaker: "closed" },
    scheduler: { status: "unused", dialect: "none", breaker: "closed" },
    mcp_servers: { status: "unused", configured: 1, failing: 0 },
  });
  expect(JSON.stringify(dependencies)).not.toMatch(/127\.0\.0\.1|contoso|payroll|secret-of/);
});

it("readiness names nothing that is not set up, and leaves the backend out where it is told to", async () => {
  const { AzureWebJobsStorage, AZURE_FUNCTIONS_ENVIRONMENT, BACKEND_API_URL } = everything;
  const little = { AzureWebJobsStorage, AZURE_FUNCTIONS_ENVIRONMENT };
  expect(Object.keys(await readinessOf(little))).toEqual(["storage"]);
  const unprobed = { ...little, BACKEND_API_URL, READINESS_CHECK_BACKEND: "false" };
  expect(Object.keys(await readinessOf(unprobed))).toEqual(["storage"]);
});

it("each of them tells of itself", () => {
  const parts: WatchedParts = {
    credential: { getToken: async () => null, health: () => ({ state: "unavailable", error: "AUTHENTICATION_ERROR" }) },
    vault: {
      read: () => Promise.reject(new Error("unused")),
      health: () => ({ state: "degraded", error: "TIMEOUT_ERROR" }),
    },
    targets: createQuietTargets(),
    alarm: undefined,
    backend: undefined,
  };
  const { identity, key_vault } = watchedIn(readConfig(everything), parts);
  expect(identity?.known()).toEqual({ state: "unavailable", error: "AUTHENTICATION_ERROR" });
  expect(key_vault?.known()).toMatchObject({ state: "degraded", error: "TIMEOUT_ERROR" });
});

it("an app that was started with less than TLS 1.2 uses that for no connection", async () => {
  const before = tls.DEFAULT_MIN_VERSION;
  try {
    tls.DEFAULT_MIN_VERSION = "TLSv1.1";
    await compose(readConfig(everything), { events: { record: () => {} } }).stop();
    expect(tls.DEFAULT_MIN_VERSION).toBe("TLSv1.2");
  } finally {
    tls.DEFAULT_MIN_VERSION = before;
  }
});
