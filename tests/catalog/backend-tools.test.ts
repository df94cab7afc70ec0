import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMemoryApp, type MemoryApp } from "../mcp/memory-app.ts";
import { connections } from "../mcp/real-clients.ts";
import { itemsOf } from "../mcp/sample-calls.ts";
import { serve } from "../mcp/serve.ts";
import { loseAnswer, type ServedBackend, says, startBackend } from "../support/backend.ts";

const ticket = { title: "No light in the hall", description: "Since this morning." };

let served: ServedBackend;
let app: MemoryApp;
beforeAll(async () => {
  served = await startBackend();
  app = createMemoryApp({ backend: served.backend });
});
afterAll(() => served[Symbol.asyncDispose]());

const keys = () => served.seen.flatMap(({ headers }) => headers.get("idempotency-key") ?? []);
const titled = async (title: string) => {
  const answer = await app.call("list_tickets", { limit: 100 });
  return itemsOf<{ title: string }>(answer, "items").filter((one) => one.title === title);
};

describe.each(connections)("the tools of the backend, called by %s", (_name, connect) => {
  it("read users, tickets and datasets, and create a ticket", async () => {
    await using endpoint = await serve(app);
    const client = await connect(endpoint.url);
    const call = async (name: string, input: Record<string, unknown>) => {
      const { structuredContent, isError } = await client.callTool({ name, arguments: input });
      expect(isError ?? false).toBe(false);
      return structuredContent as Record<string, unknown>;
    };
    expect(await call("get_user_profile", { user_id: "user-2", include_details: true })).toMatchObject({
      id: "user-2",
      name: "Operations desk 2",
      email: "operations-desk-2@contoso.example",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      details: { location: "Dublin" },
    });
    expect(await call("list_users", {})).toMatchObject({
      total: 12,
      items: Array.from({ length: 10 }, () => expect.anything()),
      next_step: "There is more: call again with skip 10.",
    });
    expect(await call("list_tickets", { status: "open", priority: "critical" })).toMatchObject({
      total: 3,
      items: expect.arrayContaining([expect.objectContaining({ title: "Sign-in fails for customers in Lisbon" })]),
    });
    expect(await call("query_data", { dataset: "incidents", filters: { state: "open" } })).toMatchObject({
      dataset: "incidents",
      rows: 2,
      data: [expect.objectContaining({ state: "open" }), expect.objectContaining({ state: "open" })],
    });
    expect(await call("create_ticket", { ...ticket, priority: "low", assignee_id: "user-3" })).toMatchObject({
      ...ticket,
      id: expect.stringMatching(/^T-\d+$/),
      priority: "low",
      status: "open",
      assignee_id: "user-3",
    });
    await client.close();
  });
});

describe("what a caller gives the backend's tools", () => {
  it.each<[string, object, string]>([
    ["get_user_profile", {}, "user_id is missing"],
    ["get_user_profile", { user_id: "" }, "user_id"],
    ["list_users", { limit: 101 }, "limit: a whole number from 1 to 100 is expected"],
    ["list_users", { skip: -1 }, "skip: a whole number from 0"],
    ["create_ticket", { title: "", description: ticket.description }, "title: must not be empty"],
    ["create_ticket", { title: "x".repeat(201), description: ticket.description }, "title: at most 200 characters"],
    ["create_ticket", { title: "x", description: "too short" }, "description: at least 10 characters"],
    ["create_ticket", { title: "x", description: "x".repeat(5001) }, "description: at most 5000 characters"],
    ["create_ticket", { ...ticket, priority: "urgent" }, '"low", "medium", "high" or "critical" is expected'],
    ["list_tickets", { status: "done" }, '"open", "in_progress" or "closed" is expected'],
    ["query_data", { dataset: "../users" }, "dataset: a name of letters"],
    ["query_data", { dataset: "orders", limit: 1001 }, "limit: a whole number from 1 to 1000"],
    [
      "query_data",
      { dataset: "orders", filters: { state: { $ne: 1 } } },
      "filters.state: text, a number, true or false",
    ],
    ["query_data", { dataset: "orders", filters: ["state"] }, "filters: an object is expected"],
  ])("is refused before anything is sent: %s %j", async (name, input, problem) => {
    const before = served.seen.length;
    const { error } = await app.call(name, input);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringContaining(problem) });
    expect(served.seen).toHaveLength(before);
  });

  it("may be what clients make of it", async () => {
    const filters = JSON.stringify({ severity: "1" });
    const { structured } = await app.call("query_data", { dataset: "incidents", filters, limit: "5" });
    expect(structured?.rows).toBeGreaterThan(0);
    const { structured: all } = await app.call("list_tickets", { status: null, skip: "19" });
    expect(all?.items).not.toEqual([]);
  });

  it("finds nothing where there is nothing, and says where to look", async () => {
    const user = await app.call("get_user_profile", { user_id: "user-999" });
    expect(user.error).toMatchObject({
      details: { reason: "not_found" },
      message: expect.stringContaining("list_users"),
    });
    const dataset = await app.call("query_data", { dataset: "weather" });
    expect(dataset.error).toMatchObject({ error: "VALIDATION_ERROR", details: { reason: "not_found" } });
    const behind = await app.call("list_users", { skip: 500 });
    expect(behind.structured).toMatchObject({ items: [], next_step: expect.stringContaining("smaller skip") });
  });
});

describe("the backend's tools", () => {
  it("are one group, and absent without a backend", () => {
    const group = app.catalog.filter(({ toolset }) => toolset === "backend").map(({ name }) => name);
    expect(group).toEqual(["get_user_profile", "list_users", "create_ticket", "list_tickets", "query_data"]);
    const others = createMemoryApp().catalog.map(({ name }) => name);
    expect(others.filter((name) => group.includes(name))).toEqual([]);
  });

  it("are offered to runs under the name backend, create_ticket as one that changes something", async () => {
    const offered = (await app.toolbox.list()).filter(({ server }) => server === "backend");
    expect(offered.map(({ name, readOnly }) => [name, readOnly])).toEqual([
      ["get_user_profile", true],
      ["list_users", true],
      ["create_ticket", false],
      ["list_tickets", true],
      ["query_data", true],
    ]);
  });

  it("log what the backend said, and tell nobody else", async () => {
    const words = says(403, { message: "foreign words" });
    served.bendNext(words);
    const { text, error } = await app.call("list_users", {});
    expect(error?.error).toBe("AUTHENTICATION_ERROR");
    expect(text).not.toContain("foreign words");
    const logged = app.recorded.findLast(({ name }) => name === "tool.failed");
    expect(logged).toMatchObject({ level: "error", fields: { tool: "list_users", code: "AUTHENTICATION_ERROR" } });
    expect(logged?.cause).toMatchObject({ cause: { message: expect.stringContaining("foreign words") } });
  });
});

describe("the key of a new ticket", () => {
  it("is the caller's own, so that a repeat creates nothing twice; without one each call is a new ticket", async () => {
    const once = { ...ticket, title: "Asked for twice", idempotency_key: "Grüße" };
    const [first, second] = [await app.call("create_ticket", once), await app.call("create_ticket", once)];
    expect(second.structured?.id).toBe(first.structured?.id);
    expect(await titled("Asked for twice")).toHaveLength(1);
    for (let calls = 0; calls < 2; calls++) await app.call("create_ticket", { ...ticket, title: "Twice on purpose" });
    expect(await titled("Twice on purpose")).toHaveLength(2);
  });

  it("is another one for another caller who thinks of the same", async () => {
    const once = { ...ticket, title: "Same key", idempotency_key: "k" };
    const [mine, theirs] = [
      await app.call("create_ticket", once),
      await app.call("create_ticket", once, { owner: "b2", name: "Another" }),
    ];
    expect(theirs.structured?.id).not.toBe(mine.structured?.id);
  });

  it("stands in the error when the answer was lost, and with it there is one ticket in the end", async () => {
    served.bendNext(loseAnswer);
    const lost = { ...ticket, title: "Lost on the way" };
    const { error } = await app.call("create_ticket", lost);
    expect(error).toMatchObject({ error: "SERVICE_ERROR", message: expect.stringContaining("not known whether") });
    const key = error?.details.idempotency_key;
    expect(error?.message).toContain(JSON.stringify(key));
    const again = await app.call("create_ticket", { ...lost, idempotency_key: key });
    expect(again.structured).toMatchObject({ title: "Lost on the way" });
    expect(await titled("Lost on the way")).toHaveLength(1);
  });

  it("of a run is the same when a call is made again after a crash, and another for another call", async () => {
    const before = keys().length;
    const call = (idempotencyKey: string) =>
      app.toolbox.call({
        name: "create_ticket",
        arguments: JSON.stringify({ ...ticket, title: "Of a run" }),
        owner: localPrincipal.owner,
        idempotencyKey,
        signal: new AbortController().signal,
      });
    for (const key of ["s:p1:1.0", "s:p1:1.0", "s:p1:1.1"]) expect(await call(key)).toMatchObject({ isError: false });
    const [first, again, other] = keys().slice(before);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect([again === first, other === first]).toEqual([true, false]);
    expect(await titled("Of a run")).toHaveLength(2);
  });
});
