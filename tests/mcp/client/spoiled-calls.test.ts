import { describe, expect, it } from "vitest";
import { endless, type RawAnswers, type RpcRequest, rpc, startRawMcpServer } from "../../support/raw-mcp-server.ts";
import { createToolClient, webServer } from "../../support/tool-client.ts";
import { startToolServer } from "../../support/tool-server.ts";
import { events, html, json, limitsFor, never } from "./bad-answers.ts";

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
