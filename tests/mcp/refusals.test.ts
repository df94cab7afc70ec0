import { describe, expect, it } from "vitest";
import { createMemoryApp } from "./memory-app.ts";
import { mcpHeaders, post, postModern, request, toolCall } from "./messages.ts";
import { serve } from "./serve.ts";

const limit = 4 * 1024 * 1024;

/** A tool call of exactly this many bytes. */
function callOf(bytes: number): string {
  const [before = "", after = ""] = JSON.stringify(toolCall("get_knowledge_base", { query: "|" })).split("|");
  return before + "a".repeat(bytes - before.length - after.length) + after;
}

/** Sent in pieces, so that nothing announces its length. */
function inPieces(text: string): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(sent, sent + 65_536));
      sent += 65_536;
    },
  });
}

describe("what is no request for this endpoint", () => {
  it.each(["GET", "DELETE", "PUT", "HEAD"])("%s is answered 405 and told to POST", async (method) => {
    await using server = await serve(createMemoryApp());
    const response = await fetch(server.url, { method, headers: { accept: "text/event-stream" } });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it.each(["{", "", "<html>", "{'a':1}", '{"jsonrpc":'])("%j is answered 400 with -32700", async (body) => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await post(server.url, body);
    expect([status, json?.error?.code, json?.id]).toEqual([400, -32700, null]);
  });

  it.each(["null", "5", '"text"', "{}", '{"jsonrpc":"1.0","id":1,"method":"ping"}', "[1]"])(
    "%s is JSON but no message: 400",
    async (body) => {
      await using server = await serve(createMemoryApp());
      const { status, json } = await post(server.url, body);
      expect([status, json?.error?.code]).toEqual([400, expect.any(Number)]);
    },
  );

  it("a form or plain text is answered 415: a page of another site can send those without asking", async () => {
    await using server = await serve(createMemoryApp());
    const headers = { "content-type": "text/plain" };
    expect((await post(server.url, request("tools/list"), headers)).status).toBe(415);
    expect((await postModern(server.url, "tools/list", {}, { headers })).status).toBe(415);
  });
});

describe("the size of a body", () => {
  it("may be 4 MiB", async () => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await post(server.url, callOf(limit));
    expect([status, json?.result?.isError]).toEqual([200, true]);
  });

  it("is refused with 413 above that, by its announced length", async () => {
    await using server = await serve(createMemoryApp());
    const { status, json } = await post(server.url, callOf(limit + 1));
    expect([status, json?.error?.message]).toEqual([413, expect.stringContaining(String(limit))]);
  });

  it("is refused with 413 above that when nothing announces it", async () => {
    await using server = await serve(createMemoryApp());
    const body = inPieces(callOf(limit + 1));
    const init = { method: "POST", headers: mcpHeaders, body, duplex: "half" };
    expect((await fetch(server.url, init as RequestInit)).status).toBe(413);
  });
});
