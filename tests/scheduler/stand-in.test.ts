import { SignJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { startScheduler } from "../support/scheduler/scheduler.ts";
import { callScheduler } from "../support/scheduler/scheduler-caller.ts";
import type { SchedulerOptions } from "../support/scheduler/service.ts";

const noon = Date.parse("2026-03-02T12:00:00Z");
const target = "http://127.0.0.1:9/never";
const unknownId = "00000000-0000-0000-0000-000000000000";

/** A stand-in at noon whose clock is moved by hand, and somebody who has a token of it. */
async function open(options: SchedulerOptions & { readonly dialects?: readonly ("A" | "B")[] } = {}) {
  let clock = noon;
  const scheduler = await startScheduler({ ...options, now: () => clock });
  onTestFinished(() => scheduler[Symbol.asyncDispose]());
  return {
    scheduler,
    ...(await callScheduler(scheduler, "2026-03-02T12:00:10Z")),
    pass(seconds: number): void {
      clock += seconds * 1000;
    },
  };
}

describe("a token of the Scheduler", () => {
  it("is given to any client with the key, for two hours", async () => {
    const { ask } = await open({ apiKey: "right" });
    const answer = await ask("POST", "/api/auth/token", { clientId: "somebody", apiKey: "right" });
    expect(answer).toMatchObject({ status: 200, json: { token: expect.any(String), expiresIn: 7200 } });
  });

  it.each([
    { what: "a wrong key", body: { clientId: "somebody", apiKey: "wrong" }, status: 401 },
    { what: "an empty client id", body: { clientId: "", apiKey: "right" }, status: 401 },
    { what: "no key", body: { clientId: "somebody" }, status: 400 },
    { what: "a body that is cut off", body: '{"clientId":', status: 400 },
  ])("is refused as a problem for $what", async ({ body, status }) => {
    const { ask } = await open({ apiKey: "right" });
    const answer = await ask("POST", "/api/auth/token", body);
    expect(answer).toMatchObject({ status, type: "application/problem+json; charset=utf-8", json: { status } });
  });

  it.each([
    { what: "missing", authorization: "", words: "Bearer" },
    { what: "no token", authorization: "Bearer garbage", words: 'Bearer error="invalid_token"' },
  ])("that is $what is refused without a body", async ({ authorization, words }) => {
    const { ask } = await open();
    const answer = await ask("GET", "/api/mcptools/tools", undefined, { authorization });
    expect([answer.status, answer.text, answer.type]).toEqual([401, "", null]);
    expect(answer.headers.get("www-authenticate")).toBe(words);
  });

  it.each([
    { what: "of another key", key: "another", claims: {}, words: "The signature key was not found" },
    { what: "without an end", key: "its own", claims: {}, words: "The token has no expiration" },
    {
      what: "of another issuer",
      key: "its own",
      claims: { iss: "other", exp: 2 ** 32 },
      words: "The issuer 'other' is invalid",
    },
  ])("$what is refused with the reason", async ({ key, claims, words }) => {
    const { ask } = await open({ signingKey: "its own" });
    const forged = new SignJWT({ iss: "scheduler", ...claims }).setProtectedHeader({ alg: "HS256" });
    const authorization = `Bearer ${await forged.sign(Buffer.from(key))}`;
    const answer = await ask("GET", "/api/mcptools/tools", undefined, { authorization });
    expect([answer.status, answer.text]).toEqual([401, ""]);
    expect(answer.headers.get("www-authenticate")).toBe(`Bearer error="invalid_token", error_description="${words}"`);
  });

  it("passes for five minutes after its end and no longer", async () => {
    const { ask, pass } = await open({ tokenSeconds: 60 });
    pass(60 + 299);
    expect((await ask("GET", "/api/mcptools/tools")).status).toBe(200);
    pass(2);
    const answer = await ask("GET", "/api/mcptools/tools");
    expect([answer.status, answer.text]).toEqual([401, ""]);
    expect(answer.headers.get("www-authenticate")).toContain("The token expired at '03/02/2026 12:01:00'");
  });

  it("passes no more once the service has forgotten it", async () => {
    const { ask, scheduler } = await open();
    scheduler.forgetTokens();
    expect((await ask("GET", "/api/mcptools/tools")).status).toBe(401);
  });
});

describe("the tools of dialect A", () => {
  it("answer a GUID, a word and a boolean", async () => {
    const { execute, arm } = await open();
    const id = await arm(target);
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const results = [];
    for (const name of ["getConversationStatus", "cancelConversation", "cancelConversation", "getConversationStatus"])
      results.push((await execute(name, { conversationId: id })).json);
    expect(results).toEqual([{ result: "Scheduled" }, { result: true }, { result: false }, { result: "Cancelled" }]);
  });

  it("cancel an unknown conversation with false, but know no status of it", async () => {
    const { execute } = await open();
    expect((await execute("cancelConversation", { conversationId: unknownId })).json).toEqual({ result: false });
    const asked = await execute("getConversationStatus", { conversationId: unknownId });
    const error = "Conversation not found (Parameter 'conversationId')";
    expect(asked).toMatchObject({ status: 400, type: "application/json; charset=utf-8", json: { error } });
  });

  it("are found by their names in any case, their arguments only as they are written", async () => {
    const { execute, arm } = await open();
    const conversationId = await arm(target);
    expect((await execute("GETCONVERSATIONSTATUS", { conversationId })).json).toEqual({ result: "Scheduled" });
    const answer = await execute("getConversationStatus", { ConversationId: conversationId });
    expect(answer).toMatchObject({ status: 400, json: { error: "conversationId is required" } });
  });

  it.each(["2026-03-02T12:00:01Z", "2026-03-02T13:00:01+01:00", "2026-03-03"])("take the time %s", async (time) => {
    const { arm } = await open();
    expect(await arm(target, { scheduledTime: time })).toHaveLength(36);
  });

  it.each([
    {
      time: "20260302T120001Z",
      error: "Invalid scheduled time format. Use ISO 8601 format. (Parameter 'scheduledTime')",
    },
    { time: noon / 1000 + 1, error: "Invalid scheduled time format. Use ISO 8601 format. (Parameter 'scheduledTime')" },
    { time: "2026-03-02T12:00:00Z", error: "Scheduled time must be in the future (Parameter 'scheduledTime')" },
  ])("refuse the time $time", async ({ time, error }) => {
    const { execute, scheduler } = await open();
    const given = { conversationText: "x", scheduledTime: time, endpoint: target };
    expect(await execute("scheduleConversation", given)).toMatchObject({ status: 400, json: { error } });
    expect(scheduler.conversations).toEqual([]);
  });

  it.each([
    { what: "an array for arguments", body: '{"name":"x","arguments":[]}', type: "application/json", status: 400 },
    { what: "plain text", body: "{}", type: "text/plain", status: 415 },
  ])("never see $what: that is a problem and not an error", async ({ body, type, status }) => {
    const { ask } = await open();
    const answer = await ask("POST", "/api/mcptools/execute", body, { "content-type": type });
    expect(answer).toMatchObject({ status, type: "application/problem+json; charset=utf-8", json: { status } });
    expect(answer.json).not.toHaveProperty("error");
  });
});

describe("what only looks like another dialect", () => {
  it.each(["scheduleConversation", "getConversationStatus", "cancelConversation"])(
    "lists %s in dialect B and can never execute it",
    async (toolId) => {
      const { ask, arm } = await open();
      const conversationId = await arm(target);
      const listed = (await ask("GET", "/mcp/tools")).json?.toolChoices;
      expect(listed).toContainEqual(expect.objectContaining({ toolId }));
      const toolParameters = { conversationId, conversationText: "x", scheduledTime: "2026-03-03", endpoint: target };
      const answer = await ask("POST", "/mcp/execute", { toolId, toolParameters });
      expect(answer).toMatchObject({ status: 400, json: { error: expect.stringMatching(/^Missing .* parameters?$/) } });
    },
  );

  it("has no MCP server: 404 without a body, with a token or without", async () => {
    const { ask } = await open();
    for (const authorization of [{}, { authorization: "" }]) {
      const answer = await ask("POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" }, authorization);
      expect([answer.status, answer.text, answer.type]).toEqual([404, "", null]);
    }
  });

  it("may be all there is", async () => {
    const { ask } = await open({ dialects: ["B"] });
    expect((await ask("GET", "/mcp/tools")).status).toBe(200);
    expect(await ask("GET", "/api/mcptools/tools")).toMatchObject({ status: 404, text: "" });
  });
});

describe("the REST routes", () => {
  const asked = {
    conversationText: "x",
    scheduledTime: "2026-03-02T12:00:10Z",
    target: { endpoint: target, method: "PUT" },
  };

  it("create with 201 and a place, and show the time without its zone", async () => {
    const { ask } = await open();
    const made = await ask("POST", "/api/conversations", asked);
    expect(made).toMatchObject({ status: 201, json: { scheduledTime: "2026-03-02T12:00:10Z", status: 0 } });
    const place = new URL(made.headers.get("location") ?? "").pathname;
    expect((await ask("GET", place)).json).toMatchObject({ scheduledTime: "2026-03-02T12:00:10", status: 0 });
  });

  it("delete by cancelling, once", async () => {
    const { ask } = await open();
    const place = `/api/conversations/${(await ask("POST", "/api/conversations", asked)).json?.id}`;
    const statuses = [(await ask("DELETE", place)).status, (await ask("DELETE", place)).status];
    expect([...statuses, (await ask("GET", place)).json?.status]).toEqual([204, 404, 4]);
  });

  it.each([
    { query: "page=0&pageSize=2", seen: { page: 1, pageSize: 2, totalCount: 3, totalPages: 2 } },
    { query: "pageSize=1000", seen: { page: 1, pageSize: 100, totalCount: 3, totalPages: 1 } },
    { query: "status=bogus", seen: { pageSize: 10, totalCount: 3 } },
    { query: "status=cancelled", seen: { totalCount: 0, totalPages: 0 } },
  ])("list by pages: $query", async ({ query, seen }) => {
    const { ask, arm } = await open();
    for (const path of ["1", "2", "3"]) await arm(`${target}/${path}`);
    expect((await ask("GET", `/api/conversations?${query}`)).json).toMatchObject(seen);
  });
});
