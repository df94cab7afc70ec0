import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../../shared/kernel/clock.ts";
import { endless, type RawAnswers, type RpcRequest, rpc, startRawMcpServer } from "../../support/raw-mcp-server.ts";
import { createToolClient, webServer } from "../../support/tool-client.ts";
import { startToolServer, text } from "../../support/tool-server.ts";
import { startWebServer } from "../../support/web-server.ts";
import { html, json, limitsFor, never } from "./bad-answers.ts";

describe("a server that cannot be used", () => {
  const loop = ({ params }: RpcRequest) => ({
    tools: [{ name: `t${params?.cursor}` }],
    nextCursor: `${params?.cursor}1`,
  });
  const cases: [string, RawAnswers, RegExp][] = [
    ["answers with a web page", { initialize: html }, /^It cannot be reached\.$/],
    ["answers with half an answer", { initialize: () => json('{"jsonrpc":') }, /^It cannot be reached\.$/],
    ["answers with something else", { initialize: () => json("[1,2]") }, /^It cannot be reached\.$/],
    ["agrees on no revision", { initialize: () => ({ protocolVersion: "1999-01-01" }) }, /^It cannot be reached\.$/],
    [
      "has an error at the start",
      { initialize: () => new Response("sk-secret", { status: 500 }) },
      /^It cannot be reached\.$/,
    ],
    ["never answers", { initialize: never }, /^It has not answered yet\.$/],
    ["never gives its list", { "tools/list": never }, /^It has not answered yet\.$/],
    ["gives no list", { "tools/list": () => ({ tools: "none" }) }, /^It cannot be reached\.$/],
    ["gives a list without end", { "tools/list": loop }, /^Its list of tools has no end\.$/],
    [
      "gives one endless page",
      { "tools/list": () => json(endless('{"tools":[],')) },
      /^The answer was longer than 256 KiB\.$/,
    ],
  ];

  it.each(cases)("because it %s has no tools, and the others go on", async (what, answers, warning) => {
    await using bad = await startRawMcpServer(answers);
    await using good = await startToolServer([{ name: "look" }]);
    await using client = createToolClient(
      [webServer(bad.url, { name: "bad" }), webServer(good.url, { name: "good" })],
      limitsFor(what),
    );
    const startedAt = performance.now();
    expect(await client.names()).toEqual(["good__look"]);
    expect(await client.toolbox.sources()).toEqual([
      { server: "bad", state: "unreachable", tools: 0, warnings: [expect.stringMatching(warning)] },
      { server: "good", state: "ready", tools: 1, warnings: [] },
    ]);
    expect(performance.now() - startedAt).toBeLessThan(5 * secondMs);
    expect(await client.call("bad__look")).toEqual({
      content: 'There is no tool "bad__look" at the moment.',
      isError: true,
    });
  });

  it("is left alone for longer and longer, and says so once each time", async () => {
    await using bad = await startRawMcpServer({ initialize: () => new Response(null, { status: 500 }) });
    await using client = createToolClient([webServer(bad.url)]);
    const tries = () => bad.asked.filter((method) => method === "initialize").length;
    const triesAfter = async (milliseconds: number): Promise<number> => {
      client.passTime(milliseconds);
      await client.names();
      await client.toolbox.sources();
      return tries();
    };
    expect(await triesAfter(0)).toBe(1);
    expect(await triesAfter(500)).toBe(1);
    expect(await triesAfter(600)).toBe(2);
    expect(await triesAfter(1500)).toBe(2);
    expect(await triesAfter(600)).toBe(3);
    for (let round = 0; round < 5; round++) await triesAfter(minuteMs);
    expect(tries()).toBe(8);
    expect(await triesAfter(29 * secondMs)).toBe(8);
    expect(await triesAfter(2 * secondMs)).toBe(9);
    const told = client.recorded.filter(({ name }) => name === "tool_server.failed");
    expect(told).toHaveLength(9);
    expect(told[0]).toMatchObject({ level: "warning", fields: { server: "web", state: "unreachable" } });
  });

  it("comes back", async () => {
    const first = await startToolServer([{ name: "look", answer: () => text("before") }]);
    await using client = createToolClient([webServer(first.url)]);
    expect(await client.names()).toEqual(["web__look"]);
    await first[Symbol.asyncDispose]();
    const refused = { content: "The server web cannot be reached, and nothing was called.", isError: true };
    expect(await client.call("web__look")).toEqual(refused);
    expect(await client.names()).toEqual([]);
    expect(await client.call("web__look")).toMatchObject({ isError: true });
    await using _second = await startToolServer([{ name: "look", answer: () => text("after") }], { port: first.port });
    client.passTime(minuteMs);
    expect(await client.names()).toEqual(["web__look"]);
    expect(await client.call("web__look")).toEqual({ content: "after", isError: false });
  });
});

describe("a slow server", () => {
  it("keeps the tools that were last seen, and shows the new ones when they are there", async () => {
    let release: () => void = () => {};
    let tools = [{ name: "look", inputSchema: { type: "object" } }];
    let wait: Promise<void> | undefined;
    await using server = await startRawMcpServer({
      "tools/list": async () => {
        await wait;
        return { tools };
      },
    });
    await using client = createToolClient([webServer(server.url)], { limits: { waitMs: 200 } });
    expect(await client.names()).toEqual(["web__look"]);
    wait = new Promise((resolve) => {
      release = resolve;
    });
    tools = [...tools, { name: "see", inputSchema: { type: "object" } }];
    client.passTime(6 * minuteMs);
    expect(await client.names()).toEqual(["web__look"]);
    release();
    await expect.poll(() => client.names()).toEqual(["web__look", "web__see"]);
  });
});

describe("a server that forgot our session", () => {
  it.each([404, 400])("and says so with HTTP %s is asked anew, and the call is made once", async (status) => {
    let sessions = 0;
    let made = 0;
    const base = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "raw", version: "1" },
    };
    await using server = await startWebServer(async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as RpcRequest;
      if (message.id === undefined) return new Response(null, { status: 202 });
      if (message.method === "initialize") {
        sessions++;
        const response = rpc(message, { result: base });
        response.headers.set("mcp-session-id", `s${sessions}`);
        return response;
      }
      if (message.method === "server/discover") return rpc(message, { error: { code: -32601, message: "?" } });
      if (message.method === "tools/list")
        return rpc(message, { result: { tools: [{ name: "look", inputSchema: { type: "object" } }] } });
      if (request.headers.get("mcp-session-id") === "s1") return new Response(null, { status });
      made++;
      return rpc(message, { result: text("seen") });
    });
    await using client = createToolClient([webServer(`http://127.0.0.1:${server.port}/mcp`)]);
    await client.names();
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
    expect([sessions, made]).toEqual([2, 1]);
  });
});
