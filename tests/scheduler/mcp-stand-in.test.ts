import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { callScheduler } from "../support/scheduler/scheduler-caller.ts";

const noon = Date.parse("2026-03-02T12:00:00Z");
const due = "2026-03-02T12:00:10Z";

describe("a newer Scheduler", () => {
  const connect = async (url: string, token: unknown) => {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit }));
    return client;
  };

  it("has the same tools in snake_case, as a true MCP server", async () => {
    await using scheduler = await startMcpScheduler({ now: () => noon });
    const { ask } = await callScheduler(scheduler, due);
    const { apiKey, clientId } = scheduler;
    const given = await ask("POST", "/api/auth/token", { clientId, apiKey });
    const client = await connect(scheduler.url, given.json?.token);
    const call = async (name: string, input: Record<string, unknown>) => {
      const { content, isError } = await client.callTool({ name, arguments: input });
      return [isError ?? false, (content as { text?: string }[])[0]?.text];
    };
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("schedule_conversation");
    const armed = { conversation_text: "x", scheduled_time: due, endpoint: "http://127.0.0.1:9", additional_info: "y" };
    const [, id] = await call("schedule_conversation", armed);
    expect(await call("get_conversation_status", { conversation_id: id })).toEqual([false, "Scheduled"]);
    expect(await call("cancel_conversation", { conversation_id: id })).toEqual([false, "true"]);
    expect(await call("schedule_conversation", { ...armed, scheduled_time: "now" })).toEqual([
      true,
      "Invalid scheduled time format. Use ISO 8601 format. (Parameter 'scheduledTime')",
    ]);
    expect(scheduler.conversations).toMatchObject([{ id, status: "Cancelled", target: { additionalInfo: "y" } }]);
    await client.close();
  });

  it("wants the token there too, and speaks no other dialect", async () => {
    await using scheduler = await startMcpScheduler({ now: () => noon });
    const { ask } = await callScheduler(scheduler, due);
    const refused = await ask("POST", "/mcp", {}, { authorization: "" });
    expect([refused.status, refused.text, refused.headers.get("www-authenticate")]).toEqual([401, "", "Bearer"]);
    expect((await ask("GET", "/api/mcptools/tools")).status).toBe(404);
  });
});
