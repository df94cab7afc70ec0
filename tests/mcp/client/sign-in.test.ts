import { describe, expect, it } from "vitest";
import { minuteMs } from "../../../shared/kernel/clock.ts";
import { Secret } from "../../../shared/kernel/secret.ts";
import type { ServerAuth } from "../../../shared/mcp/client/server-settings.ts";
import { toLogText } from "../../../shared/telemetry/log-text.ts";
import { createToolClient, webServer } from "../../support/tool-client.ts";
import { startToolServer, text } from "../../support/tool-server.ts";
import { startWebServer } from "../../support/web-server.ts";

const look = { name: "look", answer: () => text("seen") };

/** A server that takes the tokens which its token endpoint gave out, until they are revoked. */
async function startGuarded(seconds = 7200) {
  const asked: { readonly type: string | null; readonly body: string }[] = [];
  const valid = new Set<string>();
  const endpoint = await startWebServer(async (request) => {
    asked.push({ type: request.headers.get("content-type"), body: await request.text() });
    const token = `token-${asked.length}`;
    valid.add(token);
    return Response.json({ token, expiresIn: seconds, access_token: token, expires_in: seconds, token_type: "Bearer" });
  });
  const server = await startToolServer([look], {
    guard: ({ headers }) => {
      const token = headers.get("authorization")?.replace("Bearer ", "") ?? "";
      return valid.has(token) ? undefined : new Response(null, { status: 401 });
    },
  });
  const tokenUrl = `http://127.0.0.1:${endpoint.port}/token`;
  const apiKey: ServerAuth = { kind: "api-key", clientId: "me", apiKey: { value: new Secret("key-1") }, tokenUrl };
  return {
    url: server.url,
    tokenUrl,
    apiKey,
    asked,
    valid,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

describe("signing in to a server", () => {
  it("with client id and api key asks its token endpoint, once for many requests", async () => {
    await using server = await startGuarded();
    await using client = createToolClient([webServer(server.url, { auth: server.apiKey })]);
    await client.names();
    await Promise.all([client.call("web__look"), client.call("web__look")]);
    expect(server.asked).toEqual([{ type: "application/json", body: '{"clientId":"me","apiKey":"key-1"}' }]);
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
  });

  it("with client credentials asks as OAuth has it, with a secret from the vault", async () => {
    await using server = await startGuarded();
    const auth: ServerAuth = {
      kind: "client-credentials",
      clientId: "me",
      clientSecret: { secret: "TICKETS-SECRET" },
      tokenUrl: server.tokenUrl,
      scope: "api://tickets/.default",
    };
    const signIn = { readSecret: async (name: string) => new Secret(`value of ${name}`) };
    await using client = createToolClient([webServer(server.url, { auth })], { signIn });
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toEqual({
      grant_type: "client_credentials",
      client_id: "me",
      client_secret: "value of TICKETS-SECRET",
      scope: "api://tickets/.default",
    });
  });

  it("with the app's identity takes a token of its scope for each request, and the identity keeps it", async () => {
    await using server = await startGuarded();
    server.valid.add("of api://tickets/.default");
    const auth: ServerAuth = { kind: "managed-identity", scope: "api://tickets/.default" };
    const signIn = { identityToken: async (scope: string) => `of ${scope}` };
    await using client = createToolClient([webServer(server.url, { auth })], { signIn });
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
  });

  it("with a token from the vault sends that", async () => {
    await using server = await startGuarded();
    server.valid.add("token-of-TICKETS");
    const auth: ServerAuth = { kind: "bearer-secret", secret: "TICKETS" };
    const signIn = { readSecret: async (name: string) => new Secret(`token-of-${name}\n`) };
    await using client = createToolClient([webServer(server.url, { auth })], { signIn });
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
  });

  it("renews a token before it ends, and one that the server refuses at once", async () => {
    await using server = await startGuarded();
    await using client = createToolClient([webServer(server.url, { auth: server.apiKey })]);
    await client.names();
    client.passTime(116 * minuteMs);
    await Promise.all([client.call("web__look"), client.call("web__look"), client.call("web__look")]);
    expect(server.asked).toHaveLength(2);
    server.valid.delete("token-2");
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
    expect(server.asked).toHaveLength(3);
  });

  it("uses a token that lives shortly for half of its life", async () => {
    await using server = await startGuarded(60);
    await using client = createToolClient([webServer(server.url, { auth: server.apiKey })]);
    await client.names();
    client.passTime(20_000);
    await client.call("web__look");
    expect(server.asked).toHaveLength(1);
    client.passTime(20_000);
    await client.call("web__look");
    expect(server.asked).toHaveLength(2);
  });
});

const refusing = (status: number) => () => new Response("key-1 is wrong, and so is token-1", { status });

describe("a sign-in that is refused", () => {
  it.each([
    ["by the token endpoint", 401, 200, "Its token endpoint refused the sign-in with HTTP 401."],
    ["by the server", 200, 401, "It refused this app's sign-in with HTTP 401."],
    ["by the server's rules", 200, 403, "It refused this app's sign-in with HTTP 403."],
  ])("%s is told as such", async (_who, endpointStatus, serverStatus, warning) => {
    await using endpoint = await startWebServer(() =>
      endpointStatus === 200 ? Response.json({ token: "token-1", expiresIn: 7200 }) : refusing(endpointStatus)(),
    );
    await using server = await startToolServer([look], {
      guard: () => (serverStatus === 200 ? undefined : refusing(serverStatus)()),
    });
    const tokenUrl = `http://127.0.0.1:${endpoint.port}/token`;
    const auth: ServerAuth = { kind: "api-key", clientId: "me", apiKey: { value: new Secret("key-1") }, tokenUrl };
    await using client = createToolClient([webServer(server.url, { auth })]);
    expect(await client.toolbox.sources()).toEqual([
      { server: "web", state: "auth_required", tools: 0, warnings: [warning] },
    ]);
    expect(await client.names()).toEqual([]);
  });

  it("without any in the settings says where it belongs", async () => {
    await using server = await startToolServer([look], { guard: refusing(401) });
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.toolbox.sources()).toMatchObject([
      { state: "auth_required", warnings: ["It wants a sign-in (HTTP 401), and MCP_SERVERS gives none for it."] },
    ]);
  });

  it("in the middle is an answer to the call, and the server's tools are gone until it is mended", async () => {
    await using server = await startGuarded();
    const auth: ServerAuth = { kind: "bearer-secret", secret: "TICKETS" };
    server.valid.add("t");
    await using client = createToolClient([webServer(server.url, { auth })], {
      signIn: { readSecret: async () => new Secret("t") },
    });
    expect(await client.names()).toEqual(["web__look"]);
    server.valid.clear();
    expect(await client.call("web__look")).toEqual({
      content:
        "The server web cannot be used now, and nothing was called. It refused this app's sign-in with HTTP 401.",
      isError: true,
    });
    expect(await client.toolbox.sources()).toMatchObject([{ state: "auth_required", tools: 0 }]);
    server.valid.add("t");
    client.passTime(minuteMs);
    expect(await client.names()).toEqual(["web__look"]);
  });

  it.each([
    ["identity", { kind: "managed-identity", scope: "s" }, "The app's identity gave no token for it."],
    ["secret", { kind: "bearer-secret", secret: "S" }, "The secret with its token cannot be read."],
  ] as const)("because there is no %s is told as such", async (_what, auth, warning) => {
    await using server = await startToolServer([look]);
    await using client = createToolClient([webServer(server.url, { auth })]);
    expect(await client.toolbox.sources()).toMatchObject([{ state: "auth_required", warnings: [warning] }]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ["has an error", new Response("oops", { status: 500 }), "Its token endpoint answered with HTTP 500."],
    ["gives no token", Response.json({ key: "x" }), "Its token endpoint gave an answer without a token."],
    ["sends us on", Response.redirect("https://contoso.com/", 307), "Its token endpoint cannot be reached."],
  ])("is not what happens when the token endpoint %s", async (_what, answer, warning) => {
    await using endpoint = await startWebServer(() => answer);
    const tokenUrl = `http://127.0.0.1:${endpoint.port}/token`;
    const auth: ServerAuth = { kind: "api-key", clientId: "me", apiKey: { value: new Secret("key-1") }, tokenUrl };
    await using client = createToolClient([webServer("http://127.0.0.1:9/mcp", { auth })]);
    expect(await client.toolbox.sources()).toMatchObject([{ state: "unreachable", warnings: [warning] }]);
  });
});

describe("secrets", () => {
  it("are in no event and in no answer, even when the server repeats them", async () => {
    await using server = await startGuarded();
    server.valid.add("tok_3n-secret");
    let isBroken = false;
    await using repeating = await startToolServer([look], {
      guard: ({ headers }) =>
        isBroken ? new Response(`you said ${headers.get("authorization")?.slice(7)}`, { status: 500 }) : undefined,
    });
    const auth: ServerAuth = { kind: "bearer-secret", secret: "TICKETS" };
    const signIn = { readSecret: async () => new Secret("tok_3n-secret") };
    await using client = createToolClient([webServer(repeating.url, { auth })], { signIn });
    await client.names();
    isBroken = true;
    const answer = await client.call("web__look");
    expect(answer).toEqual({ content: "The server web answered with HTTP 500.", isError: true });
    const log = client.recorded.map((event) => JSON.stringify(event) + toLogText(event.cause)).join("\n");
    expect(log).toContain("you said [secret]");
    expect(log).not.toContain("tok_3n");
  });

  it("do not follow a redirect to somebody else", async () => {
    const seen: (string | null)[] = [];
    await using stranger = await startWebServer(({ headers }) => {
      seen.push(headers.get("authorization"));
      return new Response(null, { status: 404 });
    });
    await using server = await startWebServer(() => Response.redirect(`http://127.0.0.1:${stranger.port}/mcp`, 307));
    const auth: ServerAuth = { kind: "bearer-secret", secret: "TICKETS" };
    const url = `http://127.0.0.1:${server.port}/mcp`;
    await using client = createToolClient([webServer(url, { auth })], {
      signIn: { readSecret: async () => new Secret("t") },
    });
    expect(await client.names()).toEqual([]);
    expect(seen).toEqual([]);
  });
});
