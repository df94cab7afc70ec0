import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../tools/sample-backend/database.ts";
import { type SampleBackend, startSampleBackend } from "../../tools/sample-backend/sample-backend.ts";

const ticket = { title: "No light in the hall", description: "Since this morning." };
const now = Date.parse("2026-11-22T08:00:00Z");

describe("the sample backend", () => {
  let backend: SampleBackend;
  beforeAll(async () => {
    backend = await startSampleBackend();
  });
  afterAll(() => backend.stop());

  const send = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${backend.url}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it.each([
    ["/tickets?limit=0", ["limit"]],
    ["/tickets?limit=101&skip=-1", ["limit", "skip"]],
    ["/tickets?status=done&priority=urgent", ["priority", "status"]],
    ["/users?limit=ten", ["limit"]],
    ["/query/orders?limit=1001", ["limit"]],
    ["/query/orders?filters=no", ["filters"]],
    ["/query/orders?filters=%7B%22colour%22%3A1%7D", ["colour"]],
  ])("refuses %s and names what is wrong", async (path, fields) => {
    const { status, body } = await send(path);
    expect([status, body.error]).toEqual([422, "VALIDATION_ERROR"]);
    expect([...(body.details as { fields: string[] }).fields].sort()).toEqual(fields);
  });

  it.each([
    [{ title: "", description: "short" }, ["description", "title"]],
    [{ ...ticket, priority: "urgent" }, ["priority"]],
    [{ ...ticket, assignee_id: "user-99" }, ["assignee_id"]],
    [{ ...ticket, colour: "red" }, ["colour"]],
    ["no ticket", ["body"]],
  ])("refuses the ticket %j", async (body, fields) => {
    const answer = await send("/tickets", { method: "POST", body: JSON.stringify(body) });
    expect(answer).toMatchObject({ status: 422, body: { error: "VALIDATION_ERROR" } });
    expect([...(answer.body.details as { fields: string[] }).fields].sort()).toEqual(fields);
  });

  it("refuses a body that is no JSON", async () => {
    expect((await send("/tickets", { method: "POST", body: "{" })).status).toBe(422);
  });

  it.each([
    "/",
    "/nothing",
    "/users/user-1/more",
    "/users/user-99",
    "/query/weather",
    "/tickets/T-1001",
    "/constructor",
  ])("has nothing at %s", async (path) => {
    expect((await send(path)).status).toBe(404);
  });

  it("lets nobody in without its token, when it has one", async () => {
    const guarded = await startSampleBackend({ token: "t0ken" });
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${guarded.url}/users`, { headers })).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ authorization: "Bearer other" })).toBe(401);
    expect(await statusWith({ authorization: "Bearer t0ken" })).toBe(200);
    await guarded.stop();
  });
});

describe("the data of the sample backend", () => {
  it("is the same for the same start, and has tickets of every state and priority", () => {
    const [first, second] = [openDatabase(":memory:", now), openDatabase(":memory:", now)];
    const all = first.tickets({}, { skip: 0, limit: 100 });
    expect(second.tickets({}, { skip: 0, limit: 100 })).toEqual(all);
    expect(new Set(all.items.map(({ status }) => status))).toEqual(new Set(["open", "in_progress", "closed"]));
    expect(new Set(all.items.map(({ priority }) => priority))).toEqual(new Set(["low", "medium", "high", "critical"]));
    expect(all.items.every(({ created_at, updated_at }) => String(created_at) <= String(updated_at))).toBe(true);
    expect(all.items.every(({ updated_at }) => Date.parse(String(updated_at)) <= now)).toBe(true);
    expect(all.items[0]).toMatchObject({ id: "T-1021", created_at: "2026-11-22T07:00:00.000Z" });
    first.close();
    second.close();
  });

  it("outlives the process: the tickets that were made, and the keys that made them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sample-backend-"));
    const file = join(folder, "backend.sqlite");
    const killed = openDatabase(file, now);
    const made = killed.createTicket({ ...ticket, priority: "low" }, "key", now);
    // It is not closed, as when it was killed.
    const after = openDatabase(file, now + 1000);
    expect(after.tickets({}, { skip: 0, limit: 1 })).toEqual({ total: 22, items: [made.ticket] });
    expect(after.createTicket({ ...ticket, priority: "low" }, "key", now)).toEqual({ ...made, kind: "repeated" });
    expect(after.createTicket({ ...ticket, priority: "high" }, "key", now)).toMatchObject({ kind: "used" });
    expect(after.users({ skip: 0, limit: 100 }).total).toBe(12);
    killed.close();
    after.close();
    await rm(folder, { recursive: true });
  });
});
