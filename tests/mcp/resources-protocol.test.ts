import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMemoryApp } from "./memory-app.ts";
import { post, postModern, request } from "./messages.ts";
import { itemsOf, manyRuns, oneRun } from "./sample-calls.ts";
import { serve } from "./serve.ts";

const unknownId = "local-0198c0de-0000-7000-8000-000000000000";

describe("resources in the protocol", () => {
  it("come in pages of twenty, newest first", async () => {
    const app = createMemoryApp();
    await manyRuns(app, 21);
    const first = await app.served.resources.list(localPrincipal, undefined);
    const second = await app.served.resources.list(localPrincipal, first.nextCursor);
    expect([first.resources.length, second.resources.length, second.nextCursor]).toEqual([20, 1, undefined]);
    const newest = await app.call("list_runs", { limit: 1 });
    const [run] = itemsOf<{ conversation_id: string }>(newest, "runs");
    expect(first.resources[0]?.name).toBe(run?.conversation_id);
  });

  const uri = `conversation://${unknownId}`;

  it("that are not found have the code of the revision, and the address as the only data", async () => {
    await using server = await serve(createMemoryApp());
    const old = await post(server.url, request("resources/read", { uri }));
    expect(old.json?.error).toMatchObject({ code: -32002, data: { uri } });
    const modern = await postModern(server.url, "resources/read", { uri }, { headers: { "mcp-name": uri } });
    expect(modern.json?.error).toMatchObject({ code: -32602, data: { uri } });
  });

  it("are not there without get_conversation, and no run links to them", async () => {
    const app = createMemoryApp({ without: ["get_conversation"] });
    const { runId } = await oneRun(app);
    await using server = await serve(app);
    expect((await post(server.url, request("resources/list"))).json?.error?.code).toBe(-32601);
    expect((await postModern(server.url, "server/discover")).json?.result?.capabilities).not.toHaveProperty(
      "resources",
    );
    const { json } = await postModern(server.url, "tools/call", { name: "get_run", arguments: { id: runId } });
    expect(json?.result?.content).toHaveLength(1);
  });

  it("are linked only for revisions that know links", async () => {
    const app = createMemoryApp();
    const { runId } = await oneRun(app);
    await using server = await serve(app);
    const call = request("tools/call", { name: "get_run", arguments: { id: runId } });
    const blocks = async (headers: Record<string, string>) =>
      Object.keys((await post(server.url, call, headers)).json?.result?.content ?? {}).length;
    expect(await blocks({})).toBe(1);
    expect(await blocks({ "mcp-protocol-version": "2025-03-26" })).toBe(1);
    expect(await blocks({ "mcp-protocol-version": "2025-06-18" })).toBe(2);
    expect(await blocks({ "mcp-protocol-version": "2025-11-25" })).toBe(2);
  });

  it("that cannot be read for reasons of our own tell nobody why", async () => {
    const secret = "AccountKey=s3cr3t";
    const app = createMemoryApp({
      intercept: async (operation, perform) => {
        if (operation.name.startsWith("conversations/")) throw new Error(secret);
        return perform();
      },
    });
    await using server = await serve(app);
    const { text, json } = await post(server.url, request("resources/read", { uri }));
    expect(json?.error?.code).toBe(-32603);
    expect(text).not.toContain("s3cr3t");
    expect(app.recorded.map(({ name, level }) => [name, level])).toContainEqual(["resource.failed", "error"]);
  });
});
