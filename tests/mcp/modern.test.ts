import { describe, expect, it } from "vitest";
import { createMemoryApp } from "./memory-app.ts";
import { modernRevision, post, postModern, request } from "./messages.ts";
import { serve } from "./serve.ts";

describe("revision 2026-07-28", () => {
  it("is discovered with its version, capabilities and instructions, without initialize", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const { json } = await postModern(server.url, "server/discover");
    expect(json?.result).toMatchObject({
      supportedVersions: [modernRevision],
      capabilities: { tools: {} },
      instructions: app.served.instructions,
      resultType: "complete",
      ttlMs: 300_000,
      cacheScope: "public",
    });
  });

  it("lists the tools in one cacheable answer, byte for byte the same each time", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const lists = await Promise.all([1, 2, 3].map(() => postModern(server.url, "tools/list")));
    expect(new Set(lists.map(({ text }) => text)).size).toBe(1);
    const { json, headers } = lists[0]!;
    expect(headers.get("content-type")).toBe("application/json");
    expect(json?.result).toMatchObject({ ttlMs: 300_000, cacheScope: "public", resultType: "complete" });
    expect(json?.result?.tools).toEqual(app.served.tools);
  });

  it.each([[{}], [null], ["{}"], ['{"limit":"5"}'], [undefined]])(
    "calls a tool with the arguments %j",
    async (input) => {
      await using server = await serve(createMemoryApp());
      const params = { name: "list_schedules", ...(input === undefined ? {} : { arguments: input }) };
      const { json } = await postModern(server.url, "tools/call", params);
      expect(json?.result).toMatchObject({ structuredContent: { schedules: [] }, resultType: "complete" });
      expect(json?.result).not.toHaveProperty("ttlMs");
    },
  );

  it("tells bad arguments in an envelope and an unknown tool in a protocol error", async () => {
    await using server = await serve(createMemoryApp());
    const bad = await postModern(server.url, "tools/call", { name: "get_run", arguments: {} });
    expect(bad.json?.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining("id is missing") }],
    });
    const unknown = await postModern(server.url, "tools/call", { name: "make_coffee", arguments: {} });
    expect(unknown.json?.error).toMatchObject({ code: -32602, message: expect.stringContaining("get_run") });
  });

  it("refuses a later revision with those it knows", async () => {
    await using server = await serve(createMemoryApp());
    const meta = { "io.modelcontextprotocol/protocolVersion": "2099-01-01" };
    const { status, json } = await postModern(server.url, "tools/list", {}, { meta });
    expect(status).toBe(400);
    expect(json?.error).toMatchObject({ code: -32022, data: { supported: [modernRevision], requested: "2099-01-01" } });
  });

  it("lets everybody cache what is the same for everybody, and nobody what is the caller's own", async () => {
    await using server = await serve(createMemoryApp());
    for (const method of ["tools/list", "prompts/list", "resources/templates/list"]) {
      const { json } = await postModern(server.url, method);
      expect.soft(json?.result, method).toMatchObject({ ttlMs: 300_000, cacheScope: "public" });
    }
    const { json } = await postModern(server.url, "resources/list");
    expect(json?.result).toMatchObject({ ttlMs: 0, cacheScope: "private", resources: [] });
  });

  it.each([
    ["mcp-method", "tools/call"],
    ["mcp-protocol-version", "2025-11-25"],
  ])("refuses the header %s when it says something else than the body", async (header, value) => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await postModern(server.url, "tools/list", {}, { headers: { [header]: value } });
    expect([status, json?.error?.code]).toEqual([400, -32020]);
  });

  it("refuses batches", async () => {
    await using server = await serve(createMemoryApp());
    const meta = { "io.modelcontextprotocol/protocolVersion": modernRevision };
    const { status, json } = await post(server.url, [request("tools/list", { _meta: meta })]);
    expect([status, json?.error?.code]).toEqual([400, -32600]);
  });

  it("has no ping, no log level and no subscription to a resource", async () => {
    await using server = await serve(createMemoryApp());
    for (const method of ["ping", "logging/setLevel", "resources/subscribe"]) {
      expect.soft((await postModern(server.url, method)).json?.error?.code, method).toBe(-32601);
    }
  });

  it("holds no stream open for a subscription", async () => {
    await using server = await serve(createMemoryApp());
    const { text } = await postModern(server.url, "subscriptions/listen", {
      notifications: { toolsListChanged: true },
    });
    expect(text).toContain('"resultType":"complete"');
  });
});
