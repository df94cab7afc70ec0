import { describe, expect, it } from "vitest";
import { checkOrigin, type OriginRules } from "../../shared/mcp/server/check-origin.ts";
import { createMemoryApp } from "./memory-app.ts";
import { post, request } from "./messages.ts";
import { serve } from "./serve.ts";

const inAzure: OriginRules = { hosts: ["mcp.contoso.com"], origins: ["https://contoso.com"], allowLocalhost: false };
const local: OriginRules = { hosts: [], origins: [], allowLocalhost: true };

/** 200 when nothing is refused. */
const statusOf = (headers: Record<string, string>, rules: OriginRules): number =>
  checkOrigin(new Request("http://127.0.0.1/mcp", { method: "POST", headers }), rules)?.status ?? 200;

describe("the name under which the server is called", () => {
  it.each([
    ["mcp.contoso.com", 200],
    ["MCP.Contoso.com:443", 200],
    ["mcp.contoso.com.evil.example", 403],
    ["evil.example", 403],
    ["localhost:7071", 403],
    ["127.0.0.1", 403],
    ["", 403],
  ])("%j in Azure: %i", (host, status) => {
    expect(statusOf({ host }, inAzure)).toBe(status);
  });

  it.each([
    ["localhost:7071", 200],
    ["127.0.0.1:7071", 200],
    ["[::1]:7071", 200],
    ["localhost.evil.example", 403],
    ["evil.example:7071", 403],
  ])("%j in local work: %i", (host, status) => {
    expect(statusOf({ host }, local)).toBe(status);
  });

  it("is what the proxy in front was called, when there is one", () => {
    expect(statusOf({ host: "127.0.0.1:4711", "x-forwarded-host": "mcp.contoso.com" }, inAzure)).toBe(200);
    expect(statusOf({ host: "mcp.contoso.com", "x-forwarded-host": "evil.example" }, inAzure)).toBe(403);
  });

  it("is unknown when nothing tells it", () => {
    expect(statusOf({}, inAzure)).toBe(403);
  });
});

describe("the page that calls", () => {
  const host = "mcp.contoso.com";

  it.each([
    ["https://contoso.com", 200],
    ["http://contoso.com", 403],
    ["https://contoso.com:8443", 403],
    ["https://www.contoso.com", 403],
    ["https://contoso.com.evil.example", 403],
    ["http://localhost:6274", 403],
    ["null", 403],
  ])("of %s in Azure: %i", (origin, status) => {
    expect(statusOf({ host, origin }, inAzure)).toBe(status);
  });

  it.each([
    ["http://localhost:6274", 200],
    ["http://127.0.0.1", 200],
    ["http://[::1]:3000", 200],
    ["https://localhost.evil.example", 403],
    ["null", 403],
    ["not an address", 403],
  ])("of %s in local work: %i", (origin, status) => {
    expect(statusOf({ host: "localhost:7071", origin }, local)).toBe(status);
  });

  it("is refused when its name was pointed at this machine, also when it lies about the host", () => {
    const origin = "http://evil.example:7071";
    expect(statusOf({ host: "evil.example:7071", origin }, local)).toBe(403);
    expect(statusOf({ host: "evil.example:7071", "x-forwarded-host": "localhost", origin }, local)).toBe(403);
  });
});

describe("the endpoint", () => {
  it("refuses a foreign page before it reads the body, and says which setting admits it", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { status, json } = await post(server.url, "{", { origin: "https://evil.example" });
    expect([status, json?.error?.message]).toEqual([403, expect.stringContaining("ALLOWED_ORIGINS")]);
  });

  it("refuses a name that is not its own, and says which setting admits it", async () => {
    await using server = await serve(createMemoryApp(), inAzure);
    const refused = await post(server.url, request("ping"));
    expect([refused.status, refused.json?.error?.message]).toEqual([403, expect.stringContaining("ALLOWED_HOSTS")]);
    const admitted = await post(server.url, request("ping"), { "x-forwarded-host": "mcp.contoso.com" });
    expect(admitted.status).toBe(200);
  });
});
