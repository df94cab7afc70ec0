import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { createMemoryApp } from "./memory-app.ts";
import { connections, connectNew, connectOld, identity } from "./real-clients.ts";
import { morningReport, oneRun } from "./sample-calls.ts";
import { serve } from "./serve.ts";

describe.each(connections)("a real client: %s", (_name, connect) => {
  it("sees the same tools, schemas, hints and instructions", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const client = await connect(server.url);
    const { tools } = await client.listTools();
    expect(tools).toEqual(app.served.tools);
    expect(client.getInstructions()).toBe(app.served.instructions);
    expect(client.getServerVersion()).toMatchObject({ name: "scheduled-conversations", version: "1.2.3" });
    expect(client.getServerCapabilities()).toEqual({
      tools: {},
      resources: {},
      prompts: {},
      completions: {},
    });
    await client.close();
  });

  it("goes from a schedule to its transcript, and holds every answer against the published schema", async () => {
    const app = createMemoryApp();
    const talk = await oneRun(app);
    await using server = await serve(app);
    const client = await connect(server.url);
    // Only a client that knows the tools checks their answers.
    await client.listTools();
    const calls: [string, Record<string, unknown>][] = [
      ["schedule_conversation", morningReport],
      ["schedule_conversations", { items: [morningReport, { ...morningReport, cron: "never" }] }],
      ["update_schedule", { id: talk.scheduleId, run_at: "2026-12-01T08:00Z", status: "paused" }],
      ["list_schedules", {}],
      ["get_schedule", { id: talk.scheduleId }],
      ["list_runs", { schedule_id: talk.scheduleId }],
      ["get_run", { id: talk.runId }],
      ["get_conversation", { id: talk.conversationId }],
      ["get_knowledge_base", {}],
      ["delete_schedule", { id: talk.scheduleId }],
    ];
    for (const [name, input] of calls) {
      const result = await client.callTool({ name, arguments: input });
      expect.soft(result.isError ?? false, name).toBe(false);
      expect.soft(result.structuredContent, name).toHaveProperty("next_step");
    }
    await client.close();
  });

  it("gets bad arguments back as the error envelope, and is told the tools when it asks for one that is not there", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    await client.listTools();
    const refused = await client.callTool({ name: "get_run", arguments: { run: "1" } });
    expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("id is missing") }] });
    await expect(client.callTool({ name: "make_coffee", arguments: {} })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringMatching(/^(?:MCP error -32602: )?Unknown tool "make_coffee"\. This server has: schedule_/),
    });
    await client.close();
  });
});

describe("a real client that asks for progress gets its answer", () => {
  const call = { name: "list_schedules", arguments: {} };
  const options = { onprogress: () => {} };

  it("with sdk 1.32, as a stream", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connectOld(server.url);
    expect(await client.callTool(call, undefined, options)).toMatchObject({ structuredContent: { schedules: [] } });
    await client.close();
  });

  it("with client 2.4", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connectNew(server.url);
    expect(await client.callTool(call, options)).toMatchObject({ structuredContent: { schedules: [] } });
    await client.close();
  });
});

describe("the revisions that real clients agree on", () => {
  it("is 2026-07-28 with client 2.4, by itself and when it insists", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connectNew(server.url);
    expect([client.getNegotiatedProtocolVersion(), client.getProtocolEra()]).toEqual(["2026-07-28", "modern"]);
    await client.close();
    const pinned = new ModernClient(identity, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
    await pinned.connect(new ModernTransport(server.url));
    expect(pinned.getProtocolEra()).toBe("modern");
    await pinned.close();
  });

  it("is 2025-11-25 with client 2.4 that does not negotiate", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connectNew(server.url, "legacy");
    expect([client.getNegotiatedProtocolVersion(), client.getProtocolEra()]).toEqual(["2025-11-25", "legacy"]);
    await client.close();
  });
});
