import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createCredential, createTokenProvider, type Identity } from "../../shared/azure/identity.ts";
import { createAzureStorage } from "../../shared/azure/storage/azure-storage.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { Secret } from "../../shared/kernel/secret.ts";
import { toLogText } from "../../shared/telemetry/log-text.ts";
import { type Azurite, startAzurite } from "../../tools/azurite.ts";
import { azureToken } from "../support/azure-token.ts";
import { freshName } from "../support/azurite-storage.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type IdentityTrouble, startIdentityEndpoint } from "../support/identity-endpoint.ts";
import { startTokenEndpoint, type TokenTrouble } from "../support/token-endpoint.ts";

// The library keeps tokens, and where the identity endpoint is, for the whole process: this file has a process of its
// own, one endpoint, and in each test another service or another app. The library waits seconds between its attempts, so
// the tests go on side by side.

const tenantId = "11111111-2222-4333-8444-555555555555";
let certificate: Certificate;
let endpoint: Awaited<ReturnType<typeof startIdentityEndpoint>>;
let tenant: Awaited<ReturnType<typeof startTokenEndpoint>>;
let azurite: Azurite;

beforeAll(async () => {
  certificate = await createCertificate();
  setDefaultCACertificates([...getCACertificates(), certificate.cert]);
  endpoint = await startIdentityEndpoint();
  for (const [name, value] of Object.entries(endpoint.environment)) vi.stubEnv(name, value);
  // As in a copy of local.settings.sample.json.
  for (const name of ["AZURE_AUTHORITY_HOST", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"]) vi.stubEnv(name, "");
  tenant = await startTokenEndpoint(certificate, tenantId);
  azurite = await startAzurite({ memory: true, certificate });
});

afterAll(async () => {
  await azurite.stop();
  for (const part of [tenant, endpoint, certificate]) await part[Symbol.asyncDispose]();
});

const freshService = (): string => `https://${randomUUID()}.contoso.com`;

function signIn(identity: Identity, limitMs?: number) {
  const events: AppEvent[] = [];
  const recorded = { record: (event: AppEvent) => void events.push(event) };
  const credential = createCredential(identity, { events: recorded, ...(limitMs === undefined ? {} : { limitMs }) });
  const token = (service = freshService()) => createTokenProvider(credential, `${service}/.default`)();
  const failure = async (service?: string): Promise<AppError> => {
    const thrown: unknown = await token(service).catch((error: unknown) => error);
    if (thrown instanceof AppError) return thrown;
    throw new Error(`an AppError is expected, not ${thrown}`);
  };
  return { credential, events, failure, token };
}

const managed = (clientId?: string): Identity => ({ kind: "managed", clientId });

describe.concurrent("a managed identity", () => {
  it("gets a token from the platform's endpoint, system-assigned or by its client id, and only once an hour", async () => {
    const resource = freshService();
    const { credential, token } = signIn(managed());
    expect(credential.health()).toEqual({ state: "unused" });
    expect(await token(resource)).toBe(await token(resource));
    await signIn(managed("the-assigned-one")).token(resource);
    expect(endpoint.asked.filter((one) => one.resource === resource)).toEqual([
      { resource, clientId: null },
      { resource, clientId: "the-assigned-one" },
    ]);
    expect(credential.health()).toEqual({ state: "ok" });
  });

  it("is found by the developer's chain as well, where an endpoint is offered", async () => {
    expect(await signIn({ kind: "developer", authorityHost: undefined }).token()).toMatch(/^ey/);
  });

  // The library tries four times where that may help, with seconds between.
  it.each<[string, IdentityTrouble, string, RegExp]>([
    ["is not assigned", { status: 400 }, "refused", /no managed identity.*AZURE_CLIENT_ID/],
    ["is refused", { status: 403 }, "refused", /no managed identity.*AZURE_CLIENT_ID/],
    ["is asked for too often", { status: 429 }, "unreachable", /Try again in a minute/],
    ["is not given because the endpoint fails", { status: 500 }, "unreachable", /Try again in a minute/],
    ["is answered with something else", "garbage", "unreachable", /Try again in a minute/],
    ["is cut off", "cut", "unreachable", /Try again in a minute/],
  ])("that %s is told in our words, once, and is over when it is back", async (_what, trouble, reason, message) => {
    const { credential, events, failure, token } = signIn(managed());
    const service = freshService();
    endpoint.fail(service, trouble);
    const [failed] = await Promise.all([failure(service), failure(service)]);
    expect(failed).toMatchObject({ code: "AUTHENTICATION_ERROR", details: { reason } });
    expect(failed.message).toMatch(message);
    expect(failed.message).not.toContain("s3cr3t");
    expect(credential.health()).toEqual({ state: "unavailable", error: "AUTHENTICATION_ERROR" });
    await token();
    expect(events.map(({ name }) => name)).toEqual(["identity.unavailable", "identity.available"]);
    expect(credential.health()).toEqual({ state: "ok" });
  });

  it("whose endpoint never answers holds nobody longer than the limit, and not past the caller's own", async () => {
    const service = freshService();
    endpoint.fail(service, "hang");
    const { credential, failure } = signIn(managed(), 100);
    expect(await failure(service)).toMatchObject({ code: "AUTHENTICATION_ERROR", details: { reason: "unreachable" } });
    const patient = signIn(managed()).credential;
    const controller = new AbortController();
    const asking = patient.getToken(`${service}/.default`, { abortSignal: controller.signal });
    const reason = new Error("out of time");
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    // The caller had no time; that says nothing about the identity.
    expect([credential.health().state, patient.health().state]).toEqual(["unavailable", "unused"]);
  });
});

describe.concurrent("an application of the tenant", () => {
  const principal = (clientId: string = randomUUID()): Identity => ({
    kind: "service-principal",
    tenantId,
    clientId,
    clientSecret: new Secret("the-client-secret"),
    authorityHost: tenant.authorityHost,
  });

  it("signs in with its secret, where AZURE_AUTHORITY_HOST says", async () => {
    const service = freshService();
    expect(await signIn(principal()).token(service)).toMatch(/^ey/);
    const scope = `${service}/.default`;
    const sent = tenant.forms.find((form) => form.scope === scope);
    expect(sent).toMatchObject({ grant_type: "client_credentials", client_secret: "the-client-secret" });
  });

  it("signs in with the token that Kubernetes keeps in a file", async () => {
    const tokenFile = `${certificate.certFile}.token`;
    await writeFile(tokenFile, "the-token-of-the-pod");
    const { authorityHost } = tenant;
    const pod = { kind: "workload", tenantId, clientId: randomUUID(), tokenFile, authorityHost } as const;
    await signIn(pod).token();
    const sent = tenant.forms.find((form) => form.client_id === pod.clientId);
    expect(sent).toMatchObject({ client_assertion: "the-token-of-the-pod" });

    const gone = { ...pod, clientId: randomUUID(), tokenFile: "/nowhere/token" };
    const failed = await signIn(gone).failure();
    expect(failed).toMatchObject({ code: "AUTHENTICATION_ERROR", details: { reason: "refused" } });
    expect(failed.message).toMatch(/AZURE_FEDERATED_TOKEN_FILE exists/);
    expect(failed.message).not.toContain("/nowhere");
  });

  it.each<[string, TokenTrouble, string, RegExp]>([
    ["whose secret has expired", { status: 401, error: "invalid_client" }, "refused", /AZURE_CLIENT_SECRET/],
    ["that the tenant does not know", { status: 400, error: "unauthorized_client" }, "refused", /AZURE_CLIENT_SECRET/],
    ["that asks too often", { status: 429, error: "temporarily_unavailable" }, "unreachable", /Try again in a minute/],
    ["while Entra is down", { status: 503, error: "server_error" }, "unreachable", /Try again in a minute/],
    ["that is cut off", "cut", "unreachable", /Try again in a minute/],
  ])("%s gets no token, and no word of its secret shows", async (_what, trouble, reason, message) => {
    const clientId = randomUUID();
    tenant.fail(clientId, trouble);
    const { events, failure } = signIn(principal(clientId));
    const failed = await failure();
    expect(failed).toMatchObject({ code: "AUTHENTICATION_ERROR", details: { reason } });
    expect(failed.message).toMatch(message);
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events) + toLogText(events[0]?.cause)).not.toContain("the-client-secret");
  });

  it("whose tenant cannot be reached at all may come later", async () => {
    const nowhere: Identity = { ...principal(), authorityHost: "https://127.0.0.1:9" } as Identity;
    expect(await signIn(nowhere).failure()).toMatchObject({ details: { reason: "unreachable" } });
  });
});

describe.concurrent("storage with an identity", () => {
  const open = (claims: object = {}) => {
    const { token, expiresAt } = azureToken("https://storage.azure.com", claims);
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: expiresAt * 1000 }) };
    return createAzureStorage(
      { blobServiceUri: azurite.blobUrl, queueServiceUri: azurite.queueUrl, credential },
      { localNow: () => Date.now(), monotonic: () => performance.now() },
    );
  };

  it("takes a managed identity's token, for blobs and for the queue", async () => {
    const { credential } = signIn(managed(), 5000);
    const storage = createAzureStorage(
      { blobServiceUri: azurite.blobUrl, queueServiceUri: azurite.queueUrl, credential },
      { localNow: () => Date.now(), monotonic: () => performance.now() },
    );
    const blobs = storage.blobs(freshName());
    await blobs.write("a", "x", { condition: "always" });
    expect((await blobs.read("a"))?.text).toBe("x");
    await storage.queue(freshName()).send("message", 0);
    expect(endpoint.asked).toContainEqual({ resource: "https://storage.azure.com", clientId: null });
  });

  it.each<[string, object]>([
    ["of another issuer", { iss: "https://fabrikam.com/" }],
    ["for another service", { aud: "https://vault.azure.net" }],
    ["that has expired", { exp: Math.floor(Date.now() / 1000) - 60 }],
    ["that is not valid yet", { nbf: Math.floor(Date.now() / 1000) + 3600 }],
  ])("refuses a token %s, and says what to check", async (_what, claims) => {
    const reading = open(claims).blobs(freshName()).read("a");
    await expect(reading).rejects.toMatchObject({
      code: "SERVICE_ERROR",
      message: expect.stringMatching(/refused this app \(40[13]\).*Storage Blob Data Contributor/),
    });
  });

  it("that no token can be had for says that, not that storage is away", async () => {
    endpoint.fail("one-that-is-not-assigned", { status: 400 });
    const { credential } = signIn(managed("one-that-is-not-assigned"));
    const { blobs } = createAzureStorage(
      { blobServiceUri: azurite.blobUrl, queueServiceUri: azurite.queueUrl, credential },
      { localNow: () => Date.now(), monotonic: () => performance.now() },
    );
    await expect(blobs(freshName()).read("a")).rejects.toMatchObject({
      code: "AUTHENTICATION_ERROR",
      message: expect.stringMatching(/no managed identity/),
    });
  });
});
