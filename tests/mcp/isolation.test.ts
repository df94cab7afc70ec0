import { describe, expect, it } from "vitest";
import { z } from "zod";
import { localPrincipal } from "../../shared/access/principal.ts";
import { type CatalogTool, defineTool, readOnly } from "../../shared/catalog/tool.ts";
import { words } from "../../shared/catalog/views.ts";
import { createMcpEndpoint } from "../../shared/mcp/server/endpoint.ts";
import { createMemoryApp } from "./memory-app.ts";
import {
  initialize,
  mcpHeaders,
  modernRequest,
  post,
  postModern,
  type RpcAnswer,
  request,
  toolCall,
} from "./messages.ts";
import { morningReport } from "./sample-calls.ts";
import { localRules, ownerHeader, serve } from "./serve.ts";

const secret = "AccountKey=s3cr3t at 10.0.0.4";

function toolThat(name: string, handle: (owner: string) => Promise<string>): CatalogTool {
  return defineTool({
    name,
    title: "Planted",
    description: "Only here.",
    toolset: "knowledge",
    hints: readOnly,
    example: {},
    input: z.strictObject({}),
    output: z.object(words),
    handle: async (_input, { principal }) => ({ summary: await handle(principal.owner), next_step: "None." }),
  });
}

/** Answers who called only once everybody has called. */
function whoIsCalling(expected: number): CatalogTool {
  let waiting = 0;
  const { gate, open } = closedGate();
  return toolThat("who_is_calling", async (owner) => {
    waiting += 1;
    if (waiting === expected) open();
    await gate;
    return owner;
  });
}

describe("50 calls of two callers at the same time", () => {
  it("each reach the tool as the one who called, in both eras", async () => {
    await using server = await serve(createMemoryApp({ furtherTools: [whoIsCalling(50)] }));
    const callers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? "a1" : "b2"));
    const seen = await Promise.all(
      callers.map(async (owner, index) => {
        const headers = { [ownerHeader]: owner };
        const { json } = await (index % 4 < 2
          ? post(server.url, toolCall("who_is_calling", {}), headers)
          : postModern(server.url, "tools/call", { name: "who_is_calling", arguments: {} }, { headers }));
        return (json?.result?.structuredContent as { summary: string } | undefined)?.summary;
      }),
    );
    expect(seen).toEqual(callers);
  });

  it("keep apart also when all of them wait for their bodies and go on at the same moment", async () => {
    const app = createMemoryApp({ furtherTools: [whoIsCalling(50)] });
    const answer = createMcpEndpoint(app.served, localRules, app.ports.events);
    const { gate, open } = closedGate();
    const callers = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? "a1" : "b2"));
    const answers = callers.map((owner, index) => {
      const modern = modernRequest("tools/call", { name: "who_is_calling", arguments: {} });
      const old = { body: toolCall("who_is_calling", {}), headers: {} };
      return answer(lateRequest(index % 2 === 0 ? modern : old, gate), { owner, name: owner });
    });
    open();
    const seen = await Promise.all(answers.map(async (one) => ((await (await one).json()) as RpcAnswer).result));
    expect(seen.map((result) => Reflect.get(result?.structuredContent ?? {}, "summary"))).toEqual(callers);
  });

  it("each see their own schedules only", async () => {
    const app = createMemoryApp();
    await using server = await serve(app);
    const call = (owner: string, name: string, input: object) =>
      post(server.url, toolCall(name, input), { [ownerHeader]: owner });
    const owners = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? "a1" : "b2"));
    await Promise.all(owners.map((owner) => call(owner, "schedule_conversation", { ...morningReport, name: owner })));
    for (const owner of ["a1", "b2"]) {
      const { json } = await call(owner, "list_schedules", { limit: 100 });
      const { schedules } = (json?.result?.structuredContent ?? {}) as { schedules: { name: string; id: string }[] };
      expect(schedules).toHaveLength(25);
      expect(schedules.every(({ name, id }) => name === owner && id.startsWith(`${owner}-`))).toBe(true);
    }
  });
});

function closedGate() {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

/** A request whose body comes when the gate opens. */
function lateRequest(
  { body, headers }: { body: object; headers: Record<string, string> },
  gate: Promise<void>,
): Request {
  const stream = new ReadableStream({
    async start(controller) {
      await gate;
      controller.enqueue(Buffer.from(JSON.stringify(body)));
      controller.close();
    },
  });
  const init = {
    method: "POST",
    headers: { ...mcpHeaders, host: "localhost", ...headers },
    body: stream,
    duplex: "half",
  };
  return new Request("http://localhost/mcp", init as RequestInit);
}

describe("what fails inside", () => {
  const breaking = toolThat("break", async () => {
    throw new Error(secret);
  });

  it("is an envelope without its reason, in both eras; the reason is in the log", async () => {
    const app = createMemoryApp({ furtherTools: [breaking] });
    await using server = await serve(app);
    const old = await post(server.url, toolCall("break", {}));
    const modern = await postModern(server.url, "tools/call", { name: "break", arguments: {} });
    for (const { status, text, json } of [old, modern]) {
      expect([status, json?.result?.isError]).toEqual([200, true]);
      expect(text).toContain("INTERNAL_ERROR");
      expect(text).not.toMatch(/s3cr3t|10\.0\.0\.4/);
    }
    expect(app.recorded.map(({ level, cause }) => [level, String(cause)])).toEqual([
      ["error", `Error: ${secret}`],
      ["error", `Error: ${secret}`],
    ]);
  });

  it("outside of a tool is a 500 without its reason, and never a throw", async () => {
    const app = createMemoryApp();
    const broken = {
      ...app.served,
      get info(): never {
        throw new Error(secret);
      },
    };
    const answer = createMcpEndpoint(broken, localRules, app.ports.events);
    const body = JSON.stringify(initialize("2025-11-25"));
    const headers = { ...mcpHeaders, host: "localhost" };
    const response = await answer(
      new Request("http://localhost/mcp", { method: "POST", headers, body }),
      localPrincipal,
    );
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("s3cr3t");
    expect(app.recorded).toMatchObject([{ level: "error", name: "mcp.failed" }]);
  });

  it("in one call leaves the next one alone", async () => {
    await using server = await serve(createMemoryApp({ furtherTools: [breaking] }));
    await post(server.url, toolCall("break", {}));
    expect((await post(server.url, request("ping"))).json?.result).toEqual({});
  });
});
