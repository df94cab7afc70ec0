import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type CatalogTool, defineTool, readOnly } from "../../shared/catalog/tool.ts";
import { words } from "../../shared/catalog/views.ts";
import { createMemoryApp } from "./memory-app.ts";
import { modernRequest, post, request } from "./messages.ts";
import { connectNew, connectOld } from "./real-clients.ts";
import { serve } from "./serve.ts";

interface Told {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

type Call = { name: string; arguments: Record<string, unknown> };
type CallTool = (call: Call, onprogress: (told: Told) => void) => Promise<unknown>;

const eras: readonly [string, (url: URL) => Promise<{ callTool: CallTool; close: () => Promise<void> }>][] = [
  [
    "sdk 1.32",
    async (url) => {
      const client = await connectOld(url);
      return {
        callTool: (call, onprogress) => client.callTool(call, undefined, { onprogress }),
        close: () => client.close(),
      };
    },
  ],
  [
    "client 2.4, revision 2026-07-28",
    async (url) => {
      const client = await connectNew(url);
      return { callTool: (call, onprogress) => client.callTool(call, { onprogress }), close: () => client.close() };
    },
  ],
];

/** Tells three things, and goes on only when the client has heard the first two. */
function countDown() {
  let heard = () => {};
  const isHeard = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const tool: CatalogTool = defineTool({
    name: "count_down",
    title: "Planted",
    description: "Only here.",
    toolset: "knowledge",
    hints: readOnly,
    example: {},
    input: z.strictObject({}),
    output: z.object(words),
    async handle(_input, { progress }) {
      for (const count of ["three", "two"]) await progress?.(count);
      if (progress !== undefined) await isHeard;
      await progress?.("one");
      return { summary: progress === undefined ? "Nobody listens." : "Zero.", next_step: "None." };
    },
  });
  return { tool, heard };
}

describe.each(eras)("a real client that asks for progress: %s", (_name, connect) => {
  it("is told while the tool is still at work, each thing once and in order", async () => {
    const { tool, heard } = countDown();
    await using server = await serve(createMemoryApp({ furtherTools: [tool] }));
    const client = await connect(server.url);
    const told: Told[] = [];
    const answer = await client.callTool({ name: "count_down", arguments: {} }, (one) => {
      told.push(one);
      if (told.length === 2) heard();
    });
    expect(told.map(({ progress, total, message }) => [progress, total, message])).toEqual([
      [1, undefined, "three"],
      [2, undefined, "two"],
      [3, undefined, "one"],
    ]);
    expect(answer).toMatchObject({ structuredContent: { summary: "Zero." } });
    await client.close();
  });

  it("is told how its message is answered, and gets the answer", async () => {
    await using server = await serve(createMemoryApp());
    const client = await connect(server.url);
    const told: Told[] = [];
    const call = { name: "continue_conversation", arguments: { message: "How do I reset my password?" } };
    const answer = await client.callTool(call, (one) => void told.push(one));
    expect(told[0]).toMatchObject({ progress: 1, message: "Waits for a worker." });
    expect(answer).toMatchObject({
      structuredContent: { result: "answered", answer: expect.stringContaining("rehearsal") },
    });
    await client.close();
  });
});

describe("a request without a progress token", () => {
  const params = { name: "count_down", arguments: {} };
  const { body, headers } = modernRequest("tools/call", params);

  it.each([
    ["2025-11-25", request("tools/call", params), {}],
    ["2026-07-28", body, headers],
  ])("is told nothing and answered as JSON: %s", async (_revision, message, extra) => {
    await using server = await serve(createMemoryApp({ furtherTools: [countDown().tool] }));
    const answer = await post(server.url, message, extra);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.json?.result).toMatchObject({ structuredContent: { summary: "Nobody listens." } });
  });
});
