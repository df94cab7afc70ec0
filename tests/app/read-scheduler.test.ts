import { describe, expect, it } from "vitest";
import { type Environment, readConfig } from "../../shared/app/config.ts";
import { localClocks } from "../../shared/app/local-clocks.ts";
import { openScheduler, proofSources } from "../../shared/app/open-scheduler.ts";
import { secondMs } from "../../shared/kernel/clock.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";

const vault = { KEYVAULT_URI: "https://kv-contoso.vault.azure.net" };
const azure = {
  AzureWebJobsStorage__accountName: "stcontoso",
  AZURE_OPENAI_ENDPOINT: "https://contoso.openai.azure.com",
  AZURE_OPENAI_DEPLOYMENT_NAME: "gpt-5-mini",
  WEBSITE_HOSTNAME: "func-contoso.azurewebsites.net",
  ...vault,
};
const local = { AZURE_FUNCTIONS_ENVIRONMENT: "Development", AzureWebJobsStorage: "UseDevelopmentStorage=true" };
const url = "https://scheduler.contoso.com";

const schedulerOf = (environment: Environment) => readConfig(environment).scheduler;

describe("the external Scheduler", () => {
  it("is not there by itself, and nobody may call back", () => {
    expect(schedulerOf(azure)).toEqual({
      service: undefined,
      graceMs: 90 * secondMs,
      proofs: { url: false, webhook: false, entra: undefined },
    });
  });

  it("needs its address alone, and knows the app by the name that the platform gave it", () => {
    expect(schedulerOf({ ...azure, SCHEDULER_URL: url })).toMatchObject({
      service: {
        url,
        auth: { kind: "client-credentials" },
        batch: { size: 10, pauseMs: 500 },
        appUrl: "https://func-contoso.azurewebsites.net",
      },
      proofs: { url: true, webhook: false },
    });
  });

  it("is reached at http:// and calls this machine back in local work only", () => {
    const open = { ...vault, SCHEDULER_URL: "http://127.0.0.1:5146" };
    expect(schedulerOf({ ...local, ...open }).service?.appUrl).toBe("http://localhost:7071");
    const moved = { ...local, ...open, WEBSITE_HOSTNAME: "localhost:7072" };
    expect(schedulerOf(moved).service?.appUrl).toBe("http://localhost:7072");
    expect(() => readConfig({ ...azure, ...open })).toThrow(/SCHEDULER_URL is wrong: .*https:\/\//);
  });

  it("may be signed in to with the managed identity, and callers with theirs", () => {
    const settings = {
      SCHEDULER_URL: url,
      SCHEDULER_AUTH: "managed-identity",
      SCHEDULER_SCOPE: "api://scheduler/.default",
      SCHEDULER_PROOFS: "url, webhook,entra",
      SCHEDULER_CALLER_TENANT: "tenant",
      SCHEDULER_CALLER_AUDIENCE: "api://app",
    };
    expect(schedulerOf({ ...azure, ...settings })).toMatchObject({
      service: { auth: { kind: "managed-identity", scope: "api://scheduler/.default" } },
      proofs: {
        url: true,
        webhook: true,
        entra: { tenant: "tenant", audience: "api://app", role: "Scheduler.Callback" },
      },
    });
  });

  it("takes its secrets from the environment where there is no vault, and names those that are missing", () => {
    const settings = { ...local, SCHEDULER_URL: url, SCHEDULER_PROOFS: "url,webhook" };
    expect(() => readConfig({ ...settings, SCHEDULER_API_KEY: "k" })).toThrow(
      /KEYVAULT_URI is missing, and .*: SCHEDULER_CLIENT_ID, SCHEDULER_CALLBACK_KEY, SCHEDULER_WEBHOOK_SECRET\./,
    );
  });

  it.each([
    [{ SCHEDULER_URL: "scheduler" }, /SCHEDULER_URL is wrong/],
    [{ SCHEDULER_URL: url, WEBSITE_HOSTNAME: undefined }, /PUBLIC_URL is missing/],
    [{ SCHEDULER_URL: url, SCHEDULER_PROOFS: "webhook" }, /SCHEDULER_PROOFS is wrong: .*proven by url/],
    [{ SCHEDULER_URL: url, SCHEDULER_AUTH: "key" }, /SCHEDULER_AUTH is wrong/],
    [{ SCHEDULER_URL: url, SCHEDULER_AUTH: "managed-identity" }, /SCHEDULER_SCOPE is missing/],
    [{ SCHEDULER_PROOFS: "entra" }, /SCHEDULER_CALLER_TENANT is missing[\s\S]*SCHEDULER_CALLER_AUDIENCE is missing/],
    [{ SCHEDULER_PROOFS: "signature" }, /SCHEDULER_PROOFS is wrong/],
    [{ SCHEDULER_GRACE_SECONDS: "4" }, /SCHEDULER_GRACE_SECONDS is wrong: at least 5/],
    [{ SCHEDULER_GRACE_SECONDS: "181" }, /SCHEDULER_GRACE_SECONDS is wrong: at most 180/],
    [{ SCHEDULER_URL: url, SCHEDULER_BATCH_SIZE: "0" }, /SCHEDULER_BATCH_SIZE is wrong/],
    [{ SCHEDULER_URL: url, SCHEDULER_BATCH_PAUSE_MS: "-1" }, /SCHEDULER_BATCH_PAUSE_MS is wrong/],
  ])("stops the start with %j", (settings, expected) => {
    expect(() => readConfig({ ...azure, ...settings })).toThrow(expected);
  });
});

describe("a callback that is armed", () => {
  async function arm(callbackKey: string) {
    await using scheduler = await startScheduler();
    const { apiKey, clientId } = scheduler;
    const secrets: Record<string, string> = {
      "SCHEDULER-CLIENT-ID": clientId,
      "SCHEDULER-API-KEY": apiKey,
      "SCHEDULER-CALLBACK-KEY": callbackKey,
    };
    const config = schedulerOf({ ...local, ...vault, SCHEDULER_URL: scheduler.url });
    const alarm = openScheduler(config, {
      credential: { getToken: () => Promise.reject(new Error("not asked")) },
      readSecret: async (name) => new Secret(secrets[name] ?? ""),
      clock: { now: Date.now, monotonic: localClocks.monotonic },
      events: { record: () => undefined },
      targets: createQuietTargets(),
    });
    const slot = Math.ceil(Date.now() / secondMs) * secondMs + 3_600_000;
    try {
      await alarm?.arm({ scheduleId: "local-1", slot });
      return scheduler.conversations;
    } finally {
      await alarm?.close();
    }
  }

  it("leads to this app, is signed, and says nothing of the schedule but its id", async () => {
    const [armed] = await arm("a-key-that-only-tests-sign-with-of-44-letters");
    expect(JSON.stringify(armed)).toMatch(
      /http:\/\/localhost:7071\/scheduler\/callback\?cid=local-1&slot=\d+&exp=\d+&sig=/,
    );
    expect(JSON.stringify(armed)).toContain("conversationId");
  });

  it.each(["", "short", " "])("is never signed with the key %j, which could be guessed", async (key) => {
    await expect(arm(key)).rejects.toThrow(/SCHEDULER-CALLBACK-KEY needs at least 32 characters: use/);
  });
});

describe("a proof of origin", () => {
  const read: string[] = [];
  const sourcesOf = (settings: Environment, secret: string) => {
    read.length = 0;
    return proofSources(schedulerOf({ ...azure, ...settings }), {
      async readSecret(name) {
        read.push(name);
        return new Secret(secret);
      },
      clock: { now: Date.now, monotonic: localClocks.monotonic },
      targets: createQuietTargets(),
      events: { record: () => undefined },
    });
  };
  const [present, previous] = ["p".repeat(44), "q".repeat(44)];

  it("is looked at with the keys of its own kind, and no other secret is read", async () => {
    const { readKeys } = sourcesOf({ SCHEDULER_URL: url, SCHEDULER_PROOFS: "url,webhook" }, `${present} ${previous}\n`);
    expect(await readKeys("url")).toEqual([present, previous]);
    expect(read).toEqual(["SCHEDULER-CALLBACK-KEY"]);
    expect(await readKeys("webhook")).toEqual([present, previous]);
    expect(read).toEqual(["SCHEDULER-CALLBACK-KEY", "SCHEDULER-WEBHOOK-SECRET"]);
  });

  it("has no keys where it is not switched on, and reads none", async () => {
    const { readKeys } = sourcesOf({}, present);
    expect([await readKeys("url"), await readKeys("webhook")]).toEqual([[], []]);
    expect(read).toEqual([]);
  });

  it("does not count with a key that could be guessed", async () => {
    const { readKeys } = sourcesOf({ SCHEDULER_URL: url }, `short ${present}`);
    expect(await readKeys("url")).toEqual([present]);
  });
});
