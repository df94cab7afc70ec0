import { BlobServiceClient } from "@azure/storage-blob";
import { beforeAll, expect, inject, it } from "vitest";
import { startSampleBackend } from "../../tools/sample-backend/sample-backend.ts";
import { post, toolCall } from "../mcp/messages.ts";
import { type HostProcess, startHostProcess } from "../support/host-process.ts";
import { startIdentityEndpoint } from "../support/identity-endpoint.ts";
import { startIngestion } from "../support/ingestion.ts";
import {
  startModelParty,
  startParty,
  startToolParty,
  startVaultParty,
  vaultHere,
  vaultHost,
} from "../support/parties.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { waitFor } from "../support/wait-for.ts";
import { localSettings } from "./local-settings.ts";

/** Secrets that the operator gives, none of them in the shape that a filter would know. */
const secrets = {
  functionKey: "planted-function-key-0001",
  modelKey: "planted-model-key-0002",
  toolToken: "planted-tool-token-0003",
  schedulerKey: "planted-scheduler-key-0004",
  callbackKey: "planted-callback-key-of-32-characters-0005",
  notifySecret: `whsec_${Buffer.from("planted notify secret, 32 bytes!").toString("base64")}`,
  notifyToken: "planted-notify-token-0006",
};

/** What only others know, and say when they fail. */
const toolFailure = `Bearer planted-words-of-the-tool-0007 AccountKey=planted-words-of-the-tool-0008`;

/** Where the app has left something, by name: the whole text of each place. */
const places = new Map<string, string>();
let accountKey = "";
let signatures: readonly string[] = [];

beforeAll(async () => {
  await using ingestion = await startIngestion([vaultHost]);
  await using identity = await startIdentityEndpoint();
  await using sample = await startStoppable();
  await using backend = await startParty(({ url }) => fetch(new URL(new URL(url).pathname, sample.url)));
  await using model = await startModelParty(["list_tickets", "tools__well", "tools__unwell"]);
  await using tools = await startToolParty(toolFailure);
  await using receiver = await startParty(() => new Response());
  await using scheduler = await startScheduler({ apiKey: secrets.schedulerKey });
  const held = {
    "OPENAI-API-KEY": secrets.modelKey,
    "TOOL-TOKEN": secrets.toolToken,
    "NOTIFY-SECRET": secrets.notifySecret,
    "SCHEDULER-CLIENT-ID": scheduler.clientId,
    "SCHEDULER-API-KEY": secrets.schedulerKey,
    "SCHEDULER-CALLBACK-KEY": secrets.callbackKey,
  };
  await using vault = await startVaultParty(held, ingestion.certificate);
  const settings = localSettings({
    ...identity.environment,
    MCP_AUTH: "function-key",
    DEVELOPMENT_HOST_KEY: secrets.functionKey,
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: `${model.url}/v1`,
    OPENAI_MODEL: "scripted",
    MCP_SERVERS: JSON.stringify([
      { name: "tools", transport: { type: "http", url: `${tools.url}/mcp`, auth: { bearer_secret: "TOOL-TOKEN" } } },
    ]),
    BACKEND_API_URL: backend.url,
    BACKEND_API_SCOPE: "api://backend.contoso.com/.default",
    NOTIFY_URL: `${receiver.url}/hook?token=${secrets.notifyToken}`,
    SCHEDULER_URL: scheduler.url,
    KEYVAULT_URI: vault.url,
    KEYVAULT_SECRETS: "OPENAI-API-KEY,NOTIFY-SECRET",
    APPLICATIONINSIGHTS_CONNECTION_STRING: ingestion.connectionString,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "Authorization=AAD",
    APPLICATION_INSIGHTS_NO_STATSBEAT: "true",
    APPLICATIONINSIGHTS_SDKSTATS_DISABLED: "true",
    NODE_EXTRA_CA_CERTS: ingestion.certificate.certFile,
    NODE_OPTIONS: vaultHere,
    // Everything that the app can be made to tell.
    LOG_LEVEL: "debug",
    LOG_CONTENT: "true",
  });
  accountKey = /AccountKey=([^;]+)/.exec(settings.AzureWebJobsStorage ?? "")?.[1] ?? "";
  const host = await startHostProcess(inject("packagedApp"), settings);
  await playThrough(host, () => scheduler.conversations.length > 0);
  await waitFor(() => receiver.sent.length >= 2, "both notifications", 30);
  signatures = scheduler.conversations.map(({ target }) => new URL(target.endpoint).searchParams.get("sig") ?? "");
  await callBack(host, scheduler.conversations[0]?.target.endpoint ?? "");
  expect(await host.signal("SIGTERM")).toBe(0);

  places.set("log", host.lines.join("\n"));
  places.set("blobs", await allBlobs(settings.AzureWebJobsStorage ?? "", settings.STORAGE_CONTAINER ?? ""));
  for (const [name, { sent }] of Object.entries({ model, tools, backend, receiver, vault }))
    places.set(name, sent.join("\n"));
  places.set("scheduler", JSON.stringify(scheduler.requests));
  places.set("telemetry", JSON.stringify(ingestion.requests));
});

const startStoppable = async () => {
  const sample = await startSampleBackend({});
  return { url: sample.url, [Symbol.asyncDispose]: () => sample.stop() };
};

/** One run that goes well but for a tool, and one that the model refuses. */
async function playThrough({ url }: HostProcess, isArmed: () => boolean): Promise<void> {
  const call = async (name: string, input: object): Promise<Record<string, unknown>> => {
    const headers = { "x-functions-key": secrets.functionKey };
    const { text, json } = await post(new URL("/mcp", url), toolCall(name, input), headers);
    if (json?.result?.structuredContent === undefined) throw new Error(text);
    return json.result.structuredContent as Record<string, unknown>;
  };
  const wanted = { name: "Digest", prompt: "Look at the tickets.", every_minutes: 60, notify: "always" };
  const { schedule_id } = await call("schedule_conversation", wanted);
  for (const outcome of ["succeeded", "auth_required"]) {
    await call("trigger_schedule", { id: schedule_id });
    await waitFor(
      async () => {
        const { runs } = await call("list_runs", { schedule_id });
        return (runs as { outcome?: string }[]).some((run) => run.outcome === outcome);
      },
      `a run that ends ${outcome}`,
      40,
    );
  }
  await waitFor(isArmed, "a slot that is armed", 30);
  // Keys in addresses are what proxies log.
  await post(new URL(`/mcp?code=${secrets.functionKey}`, url), toolCall("list_runs", { schedule_id }));
}

/** Too early, so refused; the address has been told to the app all the same. */
async function callBack({ url }: HostProcess, endpoint: string): Promise<void> {
  const { pathname, search } = new URL(endpoint);
  await fetch(new URL(`${pathname}${search}`, url), { method: "POST", body: "{}" });
}

async function allBlobs(connectionString: string, container: string): Promise<string> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const texts: string[] = [];
  for await (const { name, metadata } of client.listBlobsFlat({ includeMetadata: true })) {
    const bytes = await client.getBlobClient(name).downloadToBuffer();
    texts.push(name, JSON.stringify(metadata ?? {}), bytes.toString());
  }
  return texts.join("\n");
}

/** Which places hold the text. */
const placesWith = (text: string): string[] => [...places].flatMap(([name, all]) => (all.includes(text) ? [name] : []));

it("looks at places that hold what they should hold", () => {
  for (const [name, text] of places) expect(text.length, name).toBeGreaterThan(500);
  expect(places.get("log")).toContain('"logger":"model.call_failed"');
  expect(places.get("log")).toContain('"logger":"content.prompt"');
  expect(places.get("log")).toContain("All is well.");
  expect(places.get("blobs")).toContain("Look at the tickets.");
  expect(places.get("telemetry")).toContain("conversation.run");
});

it.each<[string, keyof typeof secrets, readonly string[]]>([
  ["the function key", "functionKey", []],
  ["the model's key", "modelKey", ["model"]],
  ["the tool server's token", "toolToken", ["tools"]],
  ["the Scheduler's key", "schedulerKey", ["scheduler"]],
  ["the key that signs callbacks", "callbackKey", []],
  ["the key that signs notifications", "notifySecret", []],
  ["the token in the receiver's address", "notifyToken", ["receiver"]],
])("%s reaches whom it is for, and nobody and nothing else", (_what, name, allowed) => {
  expect(placesWith(secrets[name])).toEqual(allowed);
});

it("the storage account's key is nowhere", () => {
  expect(accountKey).toHaveLength(88);
  expect(placesWith(accountKey)).toEqual([]);
});

it("the signature of a callback's address is the Scheduler's alone", () => {
  expect(signatures[0]).toMatch(/^.{20,}$/);
  for (const signature of signatures) expect(placesWith(signature)).toEqual(["scheduler"]);
});

it("what others say of secrets when they fail is told to nobody", () => {
  for (const words of ["planted-words-of-the-tool-0007", "planted-words-of-the-tool-0008"]) {
    expect(placesWith(words)).toEqual([]);
  }
});

it("tokens of the identity go to the service that they are for", () => {
  const tokensIn = (place: string): string[] => places.get(place)?.match(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? [];
  const audiences = (place: string): string[] => [...new Set(tokensIn(place).map(audienceOf))];
  expect(audiences("backend")).toEqual(["api://backend.contoso.com"]);
  expect(audiences("vault")).toEqual(["https://vault.azure.net"]);
  expect(audiences("telemetry")).toEqual(["https://monitor.azure.com"]);
  for (const place of ["log", "blobs", "model", "tools", "receiver"]) expect(tokensIn(place), place).toEqual([]);
});

function audienceOf(token: string): string {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  return (JSON.parse(payload) as { aud: string }).aud;
}
