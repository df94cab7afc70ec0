import { describe, expect, it } from "vitest";
import { createOpenSession, type McpSession, type SessionAddress } from "../../../shared/mcp/client/session.ts";
import { type RawAnswers, startRawMcpServer } from "../../support/raw-mcp-server.ts";
import { startToolServer, text } from "../../support/tool-server.ts";
import { startWebServer } from "../../support/web-server.ts";
import { html, json } from "./bad-answers.ts";

const open = (url: string, options: Partial<SessionAddress> = {}) =>
  createOpenSession({ name: "scheduled-conversations", version: "1.2.3" })({
    url,
    tokens: { token: async () => "a-token", refuse: () => {} },
    messageBytes: 64 * 1024,
    signal: AbortSignal.timeout(5000),
    ...options,
  });

async function openWell(url: string): Promise<McpSession> {
  const session = await open(url);
  if ("trouble" in session) throw new Error(session.trouble, { cause: session.cause });
  return session;
}

const troubleOf = (opened: object): unknown => ("trouble" in opened ? opened.trouble : "none");
const soon = () => AbortSignal.timeout(5000);

describe("a session of the app itself", () => {
  it.each([true, false])("lists tools and calls them (older revisions: %s)", async (isBothEras) => {
    const answer = async () => ({ ...text("done"), structuredContent: { result: "done" } });
    await using server = await startToolServer([{ name: "look", answer }], { isBothEras });
    const session = await openWell(server.url);
    expect(session.tools.map(({ name }) => name)).toEqual(["look"]);
    const answered = await session.call("look", {}, soon());
    expect(answered).toEqual({ text: "done", structured: { result: "done" }, isError: false });
    expect(await session.call("other", {}, soon())).toMatchObject({ isError: true, text: "Unknown tool other" });
    expect(server.requests.every(({ headers }) => headers.get("authorization") === "Bearer a-token")).toBe(true);
    await session.close();
    expect(session.isOpen()).toBe(false);
  });

  it.each([
    { what: "404", answer: () => new Response(null, { status: 404 }), trouble: "absent" },
    { what: "405", answer: () => new Response(null, { status: 405 }), trouble: "absent" },
    { what: "a web page", answer: html, trouble: "absent" },
    { what: "other JSON", answer: () => Response.json({ toolChoices: [] }), trouble: "absent" },
    { what: "half a JSON text", answer: () => json('{"jsonrpc":'), trouble: "absent" },
    { what: "401", answer: () => new Response(null, { status: 401 }), trouble: "sign_in" },
    { what: "403", answer: () => new Response(null, { status: 403 }), trouble: "sign_in" },
    { what: "429", answer: () => new Response(null, { status: 429 }), trouble: "unreachable" },
    { what: "503", answer: () => new Response(null, { status: 503 }), trouble: "unreachable" },
  ])("is not opened where every request is answered with $what: $trouble", async ({ answer, trouble }) => {
    await using server = await startWebServer(answer);
    expect(troubleOf(await open(`http://127.0.0.1:${server.port}/mcp`))).toBe(trouble);
  });

  it("is not opened where nobody listens, or nobody answers before the signal", async () => {
    const gone = await startWebServer(() => new Response());
    await gone[Symbol.asyncDispose]();
    expect(troubleOf(await open(`http://127.0.0.1:${gone.port}/mcp`))).toBe("unreachable");
    await using silent = await startWebServer(() => new Promise<never>(() => {}));
    const signal = AbortSignal.timeout(50);
    expect(troubleOf(await open(`http://127.0.0.1:${silent.port}/mcp`, { signal }))).toBe("unreachable");
  });

  const calls: { what: string; answers: RawAnswers; trouble: string }[] = [
    { what: "500", answers: { "tools/call": () => new Response(null, { status: 500 }) }, trouble: "unreachable" },
    { what: "a web page", answers: { "tools/call": html }, trouble: "unusable" },
    { what: "no content at all", answers: { "tools/call": () => ({ content: 7 }) }, trouble: "unusable" },
    { what: "404", answers: { "tools/call": () => new Response(null, { status: 404 }) }, trouble: "absent" },
    { what: "too much", answers: { "tools/call": () => json("x".repeat(100_000)) }, trouble: "unusable" },
  ];
  it.each(calls)("tells what $what in place of an answer means: $trouble", async ({ answers, trouble }) => {
    await using server = await startRawMcpServer(answers);
    const session = await openWell(server.url);
    expect(troubleOf(await session.call("look", {}, soon()))).toBe(trouble);
  });

  it("counts as absent when the server has forgotten it", async () => {
    const initialized = {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "raw", version: "1" },
    };
    await using server = await startRawMcpServer({
      initialize: ({ id }) =>
        Response.json({ jsonrpc: "2.0", id, result: initialized }, { headers: { "mcp-session-id": "s-1" } }),
      "tools/call": () => new Response("Bad Request: no valid session", { status: 400 }),
    });
    const session = await openWell(server.url);
    expect(troubleOf(await session.call("look", {}, soon()))).toBe("absent");
  });
});
