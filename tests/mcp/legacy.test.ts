import { describe, expect, it } from "vitest";
import { createMemoryApp } from "./memory-app.ts";
import { initialize, post, request, toolCall } from "./messages.ts";
import { serve } from "./serve.ts";

describe("initialize", () => {
  it.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("agrees on %s", async (version) => {
    await using server = await serve(createMemoryApp());
    const { status, json, headers } = await post(server.url, initialize(version));
    expect(status).toBe(200);
    expect(json?.result).toMatchObject({
      protocolVersion: version,
      capabilities: { tools: {} },
      serverInfo: { name: "scheduled-conversations", title: "Scheduled Conversations", version: "1.2.3" },
      instructions: expect.stringContaining("schedule_conversation"),
    });
    expect(headers.get("mcp-session-id")).toBeNull();
    const listed = await post(server.url, request("tools/list"), { "mcp-protocol-version": version });
    expect(listed.json?.result?.tools).toHaveLength(createMemoryApp().catalog.length);
  });

  it("offers the newest revision with initialize to a client from the future", async () => {
    await using server = await serve(createMemoryApp());
    const { json } = await post(server.url, initialize("2099-01-01"));
    expect(json?.result?.protocolVersion).toBe("2025-11-25");
  });

  it("advertises nothing that would hold an instance open or is not there", async () => {
    await using server = await serve(createMemoryApp());
    const { json } = await post(server.url, initialize("2025-11-25"));
    expect(json?.result?.capabilities).toEqual({ tools: {}, resources: {}, prompts: {}, completions: {} });
    for (const method of ["logging/setLevel", "resources/subscribe", "tasks/list"]) {
      const refused = await post(server.url, request(method, { uri: "a://b", level: "info" }));
      expect.soft(refused.json?.error?.code, method).toBe(-32601);
    }
  });
});

describe("a request of the revisions with initialize", () => {
  it("answers ping, and takes notifications and responses without an answer", async () => {
    await using server = await serve(createMemoryApp());
    expect((await post(server.url, request("ping"))).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    const notified = await post(server.url, { jsonrpc: "2.0", method: "notifications/initialized" });
    const responded = await post(server.url, { jsonrpc: "2.0", id: 7, result: {} });
    expect([notified.status, responded.status]).toEqual([202, 202]);
  });

  it("lists the tools byte for byte the same each time", async () => {
    await using server = await serve(createMemoryApp());
    const lists = await Promise.all([1, 2, 3].map(() => post(server.url, request("tools/list"))));
    expect(new Set(lists.map(({ text }) => text)).size).toBe(1);
  });

  it("is refused with 400 under a revision that nobody knows", async () => {
    await using server = await serve(createMemoryApp());
    for (const version of ["1999-01-01", "2099-01-01", "latest"]) {
      const { status, json } = await post(server.url, request("tools/list"), { "mcp-protocol-version": version });
      expect.soft([status, json?.error?.message], version).toEqual([400, expect.stringContaining(version)]);
    }
  });

  it.each(["application/json", "text/event-stream", "*/*", "text/html"])(
    "is refused with 406 when it accepts only %s",
    async (accept) => {
      await using server = await serve(createMemoryApp());
      expect((await post(server.url, request("tools/list"), { accept })).status).toBe(406);
    },
  );

  it("names the tools that there are when the tool is unknown", async () => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await post(server.url, toolCall("make_coffee", {}));
    expect(status).toBe(200);
    expect(json?.error).toEqual({
      code: -32602,
      message: expect.stringMatching(/^Unknown tool "make_coffee"\. This server has: schedule_conversation, .*get_run/),
    });
  });

  it.each([[null], ["{}"], [""], ['{"limit":"5"}'], [undefined]])("reads the arguments %j as meant", async (input) => {
    await using server = await serve(createMemoryApp());
    const { json } = await post(server.url, toolCall("list_schedules", input));
    expect(json?.result).toMatchObject({ structuredContent: { schedules: [] } });
  });

  it("gets bad arguments back as an envelope, in text only", async () => {
    await using server = await serve(createMemoryApp());
    const { json } = await post(server.url, toolCall("get_run", { id: 5 }));
    expect(json?.result).toEqual({ isError: true, content: [{ type: "text", text: expect.any(String) }] });
    const [{ text }] = (json?.result?.content ?? []) as [{ text: string }];
    expect(JSON.parse(text)).toEqual({
      error: "VALIDATION_ERROR",
      message: "The arguments do not fit: id: text is expected, not a number.",
      details: { fields: ["id"] },
    });
  });

  it("is answered as a stream that ends when it carries a progress token, in a batch too", async () => {
    await using server = await serve(createMemoryApp());
    const call = request("tools/call", { name: "list_schedules", _meta: { progressToken: 0 } });
    for (const body of [call, [call]]) {
      const { headers, text } = await post(server.url, body);
      expect(headers.get("content-type")).toBe("text/event-stream");
      expect(JSON.parse(text.match(/^data: (.*)$/m)?.[1] ?? "")).toMatchObject({ id: 1, result: { content: [{}] } });
    }
  });
});

describe("a batch (2025-03-26)", () => {
  const headers = { "mcp-protocol-version": "2025-03-26" };
  const pings = (count: number) => Array.from({ length: count }, (_, id) => request("ping", undefined, id));

  it("of two is answered by two", async () => {
    await using server = await serve(createMemoryApp());
    const { text } = await post(server.url, [request("ping"), toolCall("list_schedules", "{}", 2)], headers);
    expect(JSON.parse(text)).toMatchObject([{ id: 1 }, { id: 2, result: { structuredContent: { schedules: [] } } }]);
  });

  it("of 100 is answered, one more is refused", async () => {
    await using server = await serve(createMemoryApp());
    expect(JSON.parse((await post(server.url, pings(100), headers)).text)).toHaveLength(100);
    const { status, json } = await post(server.url, pings(101), headers);
    expect([status, json?.error?.code]).toEqual([400, -32600]);
    expect(json?.error?.message).toContain("100 are allowed");
  });

  it("is answered although it cancels its own request", async () => {
    await using server = await serve(createMemoryApp());
    const cancellation = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    const { json } = await post(server.url, [toolCall("list_schedules", {}), cancellation], headers);
    expect(json).toMatchObject({ id: 1, result: {} });
    expect((await post(server.url, [cancellation], headers)).status).toBe(202);
  });

  it("that is empty is refused", async () => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await post(server.url, [], headers);
    expect([status, json?.error?.code]).toEqual([400, -32600]);
  });
});
