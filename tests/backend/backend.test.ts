import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServedBackend, says, startBackend } from "../support/backend.ts";

const { signal } = new AbortController();
const page = { skip: 0, limit: 10 };

describe("the client of the backend, with the sample backend on a socket", () => {
  let served: ServedBackend;
  let asked: number;
  beforeAll(async () => {
    served = await startBackend();
  });
  afterAll(() => served[Symbol.asyncDispose]());
  beforeEach(() => {
    asked = served.seen.length;
  });
  const paths = () => served.seen.slice(asked).map(({ method, path }) => `${method} ${path}`);

  it("reads a user, with details only when they are asked for", async () => {
    const user = { id: "user-4", name: "Network on-call", email: "network-on-call@contoso.example" };
    const plain = await served.backend.readUser("user-4", false, signal);
    expect(plain).toMatchObject(user);
    expect(plain).not.toHaveProperty("details");
    const whole = await served.backend.readUser("user-4", true, signal);
    expect(whole).toMatchObject({ ...user, details: { team: "Infrastructure", location: "Berlin" } });
    expect(paths()).toEqual(["GET /users/user-4?include_details=false", "GET /users/user-4?include_details=true"]);
  });

  it("pages through users and tickets", async () => {
    const first = await served.backend.listUsers({ skip: 0, limit: 8 }, signal);
    const second = await served.backend.listUsers({ skip: 8, limit: 8 }, signal);
    expect([first.items.length, second.items.length, first.total, second.total]).toEqual([8, 4, 12, 12]);
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(12);
    const tickets = await served.backend.listTickets({ status: "open", priority: "critical" }, page, signal);
    expect(tickets.total).toBe(3);
    expect(new Set(tickets.items.map(({ status, priority }) => `${status} ${priority}`))).toEqual(
      new Set(["open critical"]),
    );
    expect(paths().at(-1)).toBe("GET /tickets?status=open&priority=critical&skip=0&limit=10");
  });

  it("asks for rows by the values of columns", async () => {
    const rows = await served.backend.query("orders", { state: "received", quantity: 1 }, 100, signal);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ state, quantity }) => state === "received" && quantity === 1)).toBe(true);
    expect(await served.backend.query("orders", {}, 7, signal)).toHaveLength(7);
    expect(paths()).toEqual([
      `GET /query/orders?limit=100&filters=${encodeURIComponent('{"state":"received","quantity":1}')}`,
      "GET /query/orders?limit=7",
    ]);
  });

  it("creates a ticket once for a key, and refuses another ticket with it", async () => {
    const ticket = { title: "No light in the hall", description: "Since this morning.", priority: "high" } as const;
    const made = await served.backend.createTicket(ticket, "key-1", signal);
    expect(made).toMatchObject({ ...ticket, status: "open" });
    expect(made).not.toHaveProperty("assignee_id");
    expect(await served.backend.createTicket(ticket, "key-1", signal)).toEqual(made);
    expect((await served.backend.createTicket(ticket, "key-2", signal)).id).not.toBe(made.id);
    await expect(served.backend.createTicket({ ...ticket, title: "Another" }, "key-1", signal)).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
      details: { fields: ["idempotency_key"] },
    });
    expect(served.seen.slice(asked).map(({ headers }) => headers.get("idempotency-key"))).toEqual([
      "key-1",
      "key-1",
      "key-2",
      "key-1",
    ]);
  });

  it.each(["user-999", "..", ".", "user-4/../user-5", "a b?c#d%2e", "ü"])(
    "knows no user %j, whatever the id would do to an address",
    async (id) => {
      await expect(served.backend.readUser(id, false, signal)).rejects.toMatchObject({
        code: "VALIDATION_ERROR",
        details: { reason: "not_found" },
      });
      const isAddress = id.startsWith(".");
      expect(paths()).toEqual(isAddress ? [] : [`GET /users/${encodeURIComponent(id)}?include_details=false`]);
    },
  );

  it("names what the backend does not accept", async () => {
    const ticket = { title: "For nobody", description: "Nobody will take it.", assignee_id: "user-999" };
    await expect(served.backend.createTicket(ticket, "key-3", signal)).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
      message: "The backend does not accept these values: assignee_id. Change them and call again.",
      details: { status: 422, fields: ["assignee_id"] },
    });
    await expect(served.backend.query("orders", { colour: "red" }, 5, signal)).rejects.toMatchObject({
      details: { fields: ["colour"] },
    });
  });

  it("reads what it knows of an answer and drops the rest; null is left out", async () => {
    const user = { id: "u", name: "Desk", email: "desk@contoso.example", created_at: "2026-01-01" };
    served.bendNext(says(200, { ...user, password_hash: "x", details: null }));
    expect(await served.backend.readUser("u", true, signal)).toEqual(user);
    served.bendNext(says(200, { total: 3, items: [user, user, user], took_ms: 3 }));
    expect(await served.backend.listUsers({ skip: 0, limit: 2 }, signal)).toEqual({ total: 3, items: [user, user] });
  });

  it("probes with the cheapest question", async () => {
    await served.backend.probe(signal);
    expect(paths()).toEqual(["GET /users?limit=1"]);
  });
});

describe("the sign-in at the backend", () => {
  it("sends a token with each request", async () => {
    await using served = await startBackend({ token: async () => "t0ken", admits: "t0ken" });
    await served.backend.listUsers(page, signal);
    expect(served.seen.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer t0ken"]);
  });

  it("sends none without a scope, and is told so where one is needed", async () => {
    await using served = await startBackend({ admits: "t0ken" });
    await expect(served.backend.listUsers(page, signal)).rejects.toMatchObject({ code: "AUTHENTICATION_ERROR" });
    expect(served.seen.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
  });

  it("sends nothing when the identity gives no token, and blames the backend for nothing", async () => {
    await using served = await startBackend({ token: () => Promise.reject(new Error("AADSTS700016 foreign words")) });
    for (let calls = 0; calls < 6; calls++) {
      const failure = await served.backend.listUsers(page, signal).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({
        code: "AUTHENTICATION_ERROR",
        message: expect.stringContaining("BACKEND_API_SCOPE"),
      });
      expect(failure).not.toMatchObject({ message: expect.stringContaining("AADSTS") });
    }
    expect(served.seen).toEqual([]);
    expect(served.target.refusal()).toBeUndefined();
  });

  it("does not wait for an identity that never answers", async () => {
    await using served = await startBackend({ token: () => new Promise(() => undefined), timeoutMs: 50 });
    await expect(served.backend.listUsers(page, signal)).rejects.toMatchObject({ code: "AUTHENTICATION_ERROR" });
  });
});
