import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutSecrets } from "../../shared/kernel/without-secrets.ts";
import { createAzureOpenAiClient, createOpenAiCompatibleClient } from "../../shared/openai/clients.ts";
import { createOpenAiModel } from "../../shared/openai/openai-model.ts";
import { type Fault, startOpenAiFaults } from "../support/openai-faults.ts";
import { createQuietTargets } from "../support/quiet-targets.ts";
import { ask, createRecordedEvents, keyOf } from "./recording.ts";

const key = "8f3a1c-the-configured-key";
const token = "opaque-token-of-the-identity";
const tokenProvider = async () => token;
const foreign = "Incident 4711 at host db7";

let server: Awaited<ReturnType<typeof startOpenAiFaults>>;
beforeAll(async () => {
  server = await startOpenAiFaults();
});
afterAll(() => server.close());

const endpoint = () => server.url;
const apiVersion = "2024-10-21";
const clients = [
  {
    name: "compatible, key",
    secret: key,
    connect: () => createOpenAiCompatibleClient({ baseUrl: endpoint(), readKey: keyOf(key) }),
  },
  { name: "v1, token", secret: token, connect: () => createAzureOpenAiClient({ endpoint: endpoint(), tokenProvider }) },
  {
    name: "dated, token",
    secret: token,
    connect: () => createAzureOpenAiClient({ endpoint: endpoint(), apiVersion, tokenProvider }),
  },
  {
    name: "dated, key",
    secret: key,
    connect: () => createAzureOpenAiClient({ endpoint: endpoint(), apiVersion, readKey: keyOf(key) }),
  },
];

/** Every place of an answer that a provider could put our own secret into. */
function echoes(secret: string): Fault[] {
  const echo = `${foreign}: Incorrect API key provided: ${secret} (Bearer ${secret})`;
  return [
    { status: 401, body: { error: { code: secret, message: echo, type: echo, param: echo } } },
    {
      status: 400,
      body: {
        error: { message: echo, innererror: { code: echo, content_filter_result: { [secret]: { filtered: true } } } },
      },
    },
    {
      status: 400,
      body: {
        error: { code: "content_filter", innererror: { content_filter_result: { [echo]: { filtered: true } } } },
      },
    },
    {
      status: 429,
      headers: { "retry-after": echo, "x-request-id": secret },
      body: { error: { code: echo, message: echo } },
    },
    { status: 500, html: echo },
    { status: 200, html: echo },
    { status: 200, body: { error: echo, choices: [{ message: { content: { echo } } }] } },
    { status: 307, headers: { location: `http://127.0.0.1:1/${secret}`, "set-cookie": secret } },
    { connection: "cut" },
  ];
}

it.each(clients)("$name: foreign text stays in the cause, our secret is nowhere", async ({ secret, connect }) => {
  for (const fault of echoes(secret)) {
    server.answerWith(fault);
    const events = createRecordedEvents();
    const answer = await createOpenAiModel({
      targets: createQuietTargets(),
      client: connect(),
      defaultModel: "m",
      events,
    }).complete(ask("hello"));
    expect(answer.ok).toBe(false);
    expect(events.recorded).toHaveLength(1);
    const withoutCause = events.recorded.map((event) => ({ ...event, cause: undefined }));
    expect(inspect([answer, withoutCause], { depth: 9 })).not.toContain(foreign);
    expect(inspect([answer, events.recorded], { depth: 9, showHidden: true })).not.toContain(secret);
  }
});

it("keeps what the operator needs: name, code, status and words of the provider", async () => {
  server.answerWith({
    status: 404,
    headers: { "apim-request-id": "a-1" },
    body: { error: { code: "DeploymentNotFound", message: foreign } },
  });
  const events = createRecordedEvents();
  await createOpenAiModel({
    targets: createQuietTargets(),
    client: createOpenAiCompatibleClient({ baseUrl: endpoint(), readKey: keyOf(key) }),
    defaultModel: "m",
    events,
  }).complete(ask("hello"));
  expect(events.recorded).toMatchObject([
    { fields: { class: "invalid", model: "m", status: 404, code: "DeploymentNotFound", requestId: "a-1" } },
  ]);
  expect(events.recorded[0]?.cause).toMatchObject({ name: "NotFoundError", message: `404 ${foreign}` });
});

describe("withoutSecrets", () => {
  it.each([
    ["a bearer value", "Headers.append: Bearer abc.def is invalid", "Headers.append: [secret] is invalid"],
    ["a token", "got eyJhbGciOiJub25l.eyJzdWIi.c2ln!", "got [secret]!"],
    ["a key with the usual prefix", "key sk-proj-abcdef123456 refused", "key [secret] refused"],
    ["nothing", "task-management is down", "task-management is down"],
  ])("%s", (_name, text, expected) => {
    const clean = withoutSecrets(new Error("outer", { cause: new TypeError(text) }), null);
    expect(clean.cause).toMatchObject({ name: "TypeError", message: expected });
    expect(inspect(clean)).toContain(expected);
  });

  it("ends on a chain of causes that loops", () => {
    const loop = new Error("a");
    loop.cause = loop;
    expect(withoutSecrets(loop, null)).toMatchObject({ message: "a" });
  });

  it("takes what is no error", () =>
    expect(withoutSecrets("plain k", "k")).toMatchObject({ message: "plain [secret]" }));
});
