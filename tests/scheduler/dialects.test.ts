import { describe, expect, it } from "vitest";
import { startMcpScheduler } from "../support/scheduler/mcp-scheduler.ts";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { startToolServer } from "../support/tool-server.ts";
import { startWebServer } from "../support/web-server.ts";
import { countOf, createClient, executePath, failureOf, slotOf } from "./scheduler-client.ts";

const html = () => new Response("<html>", { headers: { "content-type": "text/html" } });
const token = () => Response.json({ token: "any", expiresIn: 7200 });

describe("what a Scheduler speaks", () => {
  it("is not taken from lists that lead nowhere: a Scheduler with dialect B alone is named, with advice", async () => {
    await using scheduler = await startScheduler({ dialects: ["B"] });
    await using client = createClient(scheduler);
    const failure = await failureOf(client.alarm.arm(slotOf("daily")));
    expect(failure).toMatch(/^SERVICE_ERROR: The external Scheduler offers only \/mcp\/tools and \/mcp\/execute/);
    expect(failure).toContain("Run a version of it that has /api/mcptools, or one that is an MCP server at /mcp.");
    expect(countOf(scheduler.requests, "/mcp/execute")).toBe(0);
    expect(client.alarm.health()).toEqual({
      state: "unavailable",
      dialect: "none",
      since: undefined,
      problem: failure.replace("SERVICE_ERROR: ", ""),
    });
  });

  it.each([
    { what: "a web page everywhere", answer: html },
    { what: "JSON of another kind everywhere", answer: () => Response.json({ tools: "none" }) },
    { what: "tools that schedule nothing", answer: () => Response.json({ tools: [{ name: "look" }] }) },
    { what: "nothing but refusals of methods", answer: () => new Response(null, { status: 405 }) },
    { what: "half a JSON text", answer: () => new Response('{"tools":', { headers: { "content-type": "text/json" } }) },
  ])("is nothing for $what", async ({ answer }) => {
    await using other = await startWebServer(({ url }) => (url.endsWith("/token") ? token() : answer()));
    await using client = createClient({ url: `http://127.0.0.1:${other.port}` });
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(
      /^SERVICE_ERROR: What answers at SCHEDULER_URL is no Scheduler that this app can speak with/,
    );
  });

  it("is not MCP for an MCP server that schedules nothing", async () => {
    const guard = ({ url }: Request) => {
      if (url.endsWith("/mcp")) return undefined;
      return url.endsWith("/token") ? token() : new Response(null, { status: 404 });
    };
    await using other = await startToolServer([{ name: "schedule_dinner" }], { guard });
    await using client = createClient({ url: new URL(other.url).origin });
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/is no Scheduler that this app can speak with/);
  });

  it("stays unknown while the Scheduler cannot be reached, and is asked for at the next use", async () => {
    const scheduler = await startScheduler();
    const { port, url } = scheduler;
    await scheduler[Symbol.asyncDispose]();
    await using client = createClient({ url });
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toBe(
      "SERVICE_ERROR: The external Scheduler cannot be reached. Check SCHEDULER_URL, and that the service runs.",
    );
    expect(client.alarm.health()).toMatchObject({ state: "unavailable", dialect: "none" });
    await using _restarted = await startScheduler({ port });
    await client.alarm.arm(slotOf("daily"));
    expect(client.alarm.health()).toMatchObject({ state: "ok", dialect: "mcptools" });
  });

  it("is not mistaken for the older way while the newer one is unwell", async () => {
    await using scheduler = await startMcpScheduler();
    scheduler.bend({ before: ({ path }) => (path === "/mcp" ? new Response(null, { status: 503 }) : undefined) });
    await using client = createClient(scheduler);
    expect(await failureOf(client.alarm.arm(slotOf("daily")))).toMatch(/^SERVICE_ERROR: The external Scheduler cannot/);
    expect(countOf(scheduler.requests, "/api/mcptools/tools")).toBe(0);
    scheduler.bend({});
    await client.alarm.arm(slotOf("daily"));
    expect(client.alarm.health()).toMatchObject({ state: "ok", dialect: "mcp" });
  });

  it("is found anew when the Scheduler is replaced by one that speaks another way, and the call goes on", async () => {
    const older = await startScheduler();
    const { port, url } = older;
    await using client = createClient({ url });
    await client.alarm.arm(slotOf("daily"));
    await older[Symbol.asyncDispose]();
    await using newer = await startMcpScheduler({ port });
    await client.alarm.arm(slotOf("weekly"));
    expect(newer.conversations).toHaveLength(1);
    expect(client.alarm.health()).toMatchObject({ state: "ok", dialect: "mcp" });
    await newer[Symbol.asyncDispose]();
    await using again = await startScheduler({ port });
    await client.alarm.arm(slotOf("monthly"));
    expect(again.conversations).toHaveLength(1);
    expect(client.alarm.health()).toMatchObject({ state: "ok", dialect: "mcptools" });
    expect(client.names().filter((name) => name === "scheduler.found")).toHaveLength(3);
  });

  it("is known since it was first found, also when one moment it was not there", async () => {
    await using scheduler = await startScheduler();
    await using client = createClient(scheduler);
    await client.alarm.arm(slotOf("daily"));
    const { since } = client.alarm.health();
    let lost = 0;
    scheduler.bend({
      before: ({ path }) => (path === executePath && lost++ === 0 ? new Response(null, { status: 404 }) : undefined),
    });
    await client.alarm.arm(slotOf("weekly"));
    expect(lost).toBe(2);
    expect(client.alarm.health()).toEqual({ state: "ok", dialect: "mcptools", since });
  });
});

describe("below a path", () => {
  it("finds the Scheduler whether or not its address ends with a slash", async () => {
    await using scheduler = await startScheduler();
    await using gate = await startWebServer(async (request) => {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/scheduling/")) return new Response(null, { status: 404 });
      const { method, headers } = request;
      const body = method === "GET" ? null : await request.text();
      return fetch(`${scheduler.url}${pathname.slice("/scheduling".length)}`, { method, headers, body });
    });
    for (const path of ["/scheduling", "/scheduling/"]) {
      await using client = createClient({ url: `http://127.0.0.1:${gate.port}${path}` });
      await client.alarm.arm(slotOf("daily"));
      expect(client.alarm.health().dialect).toBe("mcptools");
    }
  });
});
