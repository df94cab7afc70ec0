import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../../shared/kernel/clock.ts";
import { endless, type RawAnswers, type RpcRequest, rpc, startRawMcpServer } from "../../support/raw-mcp-server.ts";
import { createToolClient, webServer } from "../../support/tool-client.ts";
import { startToolServer, text } from "../../support/tool-server.ts";
import { startWebServer } from "../../support/web-server.ts";

type Body = ConstructorParameters<typeof Response>[0];

const never = () => new Promise<never>(() => {});
const html = () => new Response("<html>", { headers: { "content-type": "text/html" } });
const json = (body: Body) => new Response(body, { headers: { "content-type": "application/json" } });
const events = (body: Body) => new Response(body, { headers: { "content-type": "text/event-stream" } });
/** The real ones would keep the test waiting for a minute, and for megabytes. */
const limitsFor = (what: string) => ({
  limits: {
    messageBytes: 256 * 1024,
    ...(/never|nothing at all/.test(what) ? { openMs: 2000, waitMs: 700, callMs: 700 } : {}),
  },
});

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

describe("calls at the same time", () => {
  it("that fail together are one failure of the server", async () => {
    const server = await startToolServer([{ name: "look" }]);
    await using client = createToolClient([webServer(server.url)]);
    await client.names();
    await server[Symbol.asyncDispose]();
    await Promise.all(Array.from({ length: 5 }, () => client.call("web__look")));
    expect(client.recorded.filter(({ name }) => name === "tool_server.failed")).toHaveLength(1);
    await using _second = await startToolServer([{ name: "look" }], { port: server.port });
    client.passTime(1100);
    expect(await client.names()).toEqual(["web__look"]);
  });

  it("do not end each other when one of them is cut off", async () => {
    let release: () => void = () => {};
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using server = await startRawMcpServer({
      "tools/list": () => ({ tools: ["cut", "wait"].map((name) => ({ name, inputSchema: { type: "object" } })) }),
      "tools/call": async ({ params }) => {
        if (params?.name === "cut") throw new Error("hang up");
        await waiting;
        return { content: [{ type: "text", text: "seen" }] };
      },
    });
    await using client = createToolClient([webServer(server.url)]);
    await client.names();
    const other = client.call("web__wait");
    expect((await client.call("web__cut")).content).toContain("broke before it answered");
    release();
    expect(await other).toEqual({ content: "seen", isError: false });
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

describe("a call that a server spoils", () => {
  const answer = (request: RpcRequest) => `data: ${JSON.stringify({ jsonrpc: "2.0", id: request.id, result: {} })}`;
  const cases: [string, RawAnswers["x"], string][] = [
    ["with a web page", html, "The server web gave an answer that cannot be read."],
    ["with half an answer", () => json('{"jsonrpc":'), "The server web gave an answer that cannot be read."],
    ["with something else", () => json('{"hello":1}'), "The server web gave an answer that cannot be read."],
    [
      "with a result of another kind",
      () => ({ content: "none" }),
      "The server web gave an answer that cannot be read.",
    ],
    ["with a refusal", (r) => rpc(r, { error: { code: -32602, message: "sk-secret" } }), "the arguments do not fit"],
    ["with an error", (r) => rpc(r, { error: { code: -32001, message: "sk-secret" } }), "the protocol error -32001."],
    ["with HTTP 500", () => new Response("sk-secret", { status: 500 }), "The server web answered with HTTP 500."],
    ["with HTTP 404", () => new Response("sk-secret", { status: 404 }), "The server web answered with HTTP 404."],
    ["with nothing at all", never, "The tool web__look gave no sign of life for 0.7 seconds."],
    ["with an endless text", () => json(endless("x")), "gave no usable answer. The answer was longer than 256 KiB."],
    ["with an endless event", () => events(endless("data: x")), "gave no usable answer. The answer was longer than"],
    ["with an endless line of data", () => events(endless("data: x\n")), "The answer was longer than 256 KiB."],
    ["with a stream that ends", () => events(": nothing\n\n"), "broke before it answered"],
    ["with an answer cut off", (r) => events(answer(r).slice(0, -5)), "broke before it answered"],
  ];

  it.each(cases)("%s is an answer in our own words", async (what, spoil, words) => {
    await using server = await startRawMcpServer({ "tools/call": spoil });
    await using client = createToolClient([webServer(server.url)], limitsFor(what));
    expect(await client.names()).toEqual(["web__look"]);
    const { content, isError } = await client.call("web__look");
    expect(content).toContain(words);
    expect(content).not.toContain("sk-secret");
    expect(isError).toBe(true);
    expect(client.recorded.some(({ name }) => /^tool(_server)?\.failed$/.test(name))).toBe(true);
  });

  it("by hanging up is told as one that may have been carried out", async () => {
    await using server = await startRawMcpServer({ "tools/call": () => Promise.reject(new Error("hang up")) });
    await using client = createToolClient([webServer(server.url)]);
    await client.names();
    const { content } = await client.call("web__look");
    expect(content).toBe(
      "The connection to the server web broke before it answered. The call may have been carried out or not.",
    );
  });

  it("by asking for a person's input is told as such", async () => {
    const question = { message: "Sure?", requestedSchema: { type: "object", properties: {} } };
    const inputRequests = { sure: { method: "elicitation/create", params: { mode: "form", ...question } } };
    await using server = await startToolServer([
      { name: "look", answer: () => ({ resultType: "input_required", inputRequests }) as never },
    ]);
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.call("web__look")).toEqual({
      content: "The tool web__look needs what a run does not have, such as answers of a person.",
      isError: true,
    });
  });

  it("does not spoil the next", async () => {
    let calls = 0;
    await using server = await startRawMcpServer({
      "tools/call": () => (calls++ === 0 ? json(endless("x")) : { content: [{ type: "text", text: "seen" }] }),
    });
    await using client = createToolClient([webServer(server.url)]);
    expect(await client.call("web__look")).toMatchObject({ isError: true });
    expect(await client.call("web__look")).toEqual({ content: "seen", isError: false });
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
