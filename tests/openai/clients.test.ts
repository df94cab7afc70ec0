import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Secret } from "../../shared/kernel/secret.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents, keyOf } from "./recording.ts";

let server: Awaited<ReturnType<typeof startOpenAiFaults>>;
beforeAll(async () => {
  server = await startOpenAiFaults();
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllEnvs());

async function seenFrom(client: ReturnType<typeof createOpenAiCompatibleClient>) {
  server.answerWith({ status: 200, body: { choices: [{ message: { content: "hi" } }] } });
  const arrived = server.arrived();
  const model = createOpenAiModel({
    targets: createQuietTargets(),
    client,
    defaultModel: "my deployment",
    events: createRecordedEvents(),
  });
  expect(await model.complete(ask("hello"))).toMatchObject({ ok: true });
  const { path, headers } = await arrived;
  return { path, authorization: headers.authorization, key: headers["api-key"], headers };
}

const tokenProvider = async () => "fresh-token";
const apiVersion = "2024-10-21";
const datedPath = `/openai/deployments/my%20deployment/chat/completions?api-version=${apiVersion}`;

describe("where a request goes and how it signs in", () => {
  it.each(["", "/", "/openai", "/openai/v1/"])("Azure OpenAI v1 with a token, endpoint ending in %j", async (end) => {
    const seen = await seenFrom(createAzureOpenAiClient({ endpoint: `${server.url}${end}`, tokenProvider }));
    expect(seen).toMatchObject({ path: "/openai/v1/chat/completions", authorization: "Bearer fresh-token" });
  });

  it("Azure OpenAI v1 with a key that was stored with a line break", async () => {
    const seen = await seenFrom(createAzureOpenAiClient({ endpoint: server.url, readKey: keyOf("the-key\n") }));
    expect(seen).toMatchObject({ path: "/openai/v1/chat/completions", authorization: "Bearer the-key" });
  });

  it("a dated deployment with a token", async () => {
    const seen = await seenFrom(createAzureOpenAiClient({ endpoint: server.url, apiVersion, tokenProvider }));
    expect(seen).toMatchObject({ path: datedPath, authorization: "Bearer fresh-token", key: undefined });
  });

  it("a dated deployment with a key", async () => {
    const seen = await seenFrom(
      createAzureOpenAiClient({ endpoint: server.url, apiVersion, readKey: keyOf("the-key") }),
    );
    expect(seen).toMatchObject({ path: datedPath, authorization: undefined, key: "the-key" });
  });

  it("a compatible server with a key", async () => {
    const seen = await seenFrom(
      createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1`, readKey: keyOf("the-key") }),
    );
    expect(seen).toMatchObject({ path: "/v1/chat/completions", authorization: "Bearer the-key" });
  });

  it("a compatible server without a key", async () => {
    const seen = await seenFrom(createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1/` }));
    expect(seen).toMatchObject({ path: "/v1/chat/completions", authorization: undefined, key: undefined });
  });

  it.each<[string, (readKey: () => Promise<Secret>) => ReturnType<typeof createOpenAiCompatibleClient>]>([
    ["v1", (readKey) => createAzureOpenAiClient({ endpoint: server.url, readKey })],
    ["dated", (readKey) => createAzureOpenAiClient({ endpoint: server.url, apiVersion, readKey })],
    ["compatible", (readKey) => createOpenAiCompatibleClient({ baseUrl: server.url, readKey })],
  ])("%s: a key that was rotated is sent with the next request", async (_name, connect) => {
    let key = "first-key";
    const client = connect(async () => new Secret(key));
    const sent = async () => {
      const { authorization, key: header } = await seenFrom(client);
      return header ?? authorization;
    };
    expect(await sent()).toContain("first-key");
    key = "second-key";
    expect(await sent()).toContain("second-key");
  });

  it("asks the token provider before every request", async () => {
    let count = 0;
    const client = createAzureOpenAiClient({ endpoint: server.url, tokenProvider: async () => `token-${++count}` });
    expect((await seenFrom(client)).authorization).toBe("Bearer token-1");
    expect((await seenFrom(client)).authorization).toBe("Bearer token-2");
  });
});

describe("settings", () => {
  it("takes nothing from the environment variables that the client knows", async () => {
    for (const name of ["API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"]) vi.stubEnv(`OPENAI_${name}`, "foreign");
    vi.stubEnv("AZURE_OPENAI_API_KEY", "foreign");
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:1/foreign");
    vi.stubEnv("OPENAI_LOG", "debug");
    const all = [
      createAzureOpenAiClient({ endpoint: server.url, tokenProvider }),
      createAzureOpenAiClient({ endpoint: server.url, apiVersion, tokenProvider }),
      createOpenAiCompatibleClient({ baseUrl: `${server.url}/v1` }),
    ];
    for (const client of all) {
      expect(JSON.stringify((await seenFrom(client)).headers)).not.toContain("foreign");
      expect(client.logLevel).toBe("off");
    }
  });

  it.each(["", "  ", "two\nlines", "schlüssel"])("refuses the key %j without sending or quoting it", async (text) => {
    const message = "The model's API key is empty or holds characters that no HTTP header can carry. Store it again.";
    const readKey = keyOf(text);
    server.seen.length = 0;
    for (const client of [
      createAzureOpenAiClient({ endpoint: server.url, readKey }),
      createAzureOpenAiClient({ endpoint: server.url, apiVersion, readKey }),
      createOpenAiCompatibleClient({ baseUrl: server.url, readKey }),
    ]) {
      const events = createRecordedEvents();
      const model = createOpenAiModel({ targets: createQuietTargets(), client, defaultModel: "m", events });
      expect(await model.complete(ask("hello"))).toEqual({ ok: false, failure: { class: "auth" } });
      expect(String(events.recorded[0]?.cause)).toContain(message);
    }
    expect(server.seen).toEqual([]);
  });
});
