import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { scheduled } from "../mcp/sample-calls.ts";

const call = (name: string, text: string, signal = new AbortController().signal) =>
  createMemoryApp().toolbox.call({ name, arguments: text, owner: localPrincipal.owner, idempotencyKey: "k", signal });

describe("what a run may use of the catalog", () => {
  it("is every tool that changes nothing", async () => {
    const tools = await createMemoryApp().toolbox.list();
    expect(tools.map(({ name }) => name)).toEqual([
      "list_schedules",
      "get_schedule",
      "list_runs",
      "get_run",
      "get_conversation",
      "get_knowledge_base",
    ]);
    expect(tools.every(({ readOnly }) => readOnly)).toBe(true);
  });

  it.each(["", " ", "{}", "null", '"{}"'])("may be called with the arguments %j", async (text) => {
    expect(await call("list_schedules", text)).toMatchObject({ isError: false });
  });

  it.each([
    ["list_schedules", "{not json", "arguments: an object is expected"],
    ["list_schedules", "[]", "arguments: an object is expected"],
    ["get_run", "{}", "id is missing"],
    ["delete_schedule", '{"id":"local-1"}', "There is no tool"],
    ["nothing", "{}", "There is no tool"],
  ])("answers %s with %s so that a model can mend it", async (name, text, problem) => {
    const { content, isError } = await call(name, text);
    expect(isError).toBe(true);
    expect(JSON.parse(content)).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringContaining(problem) });
  });

  it("shows a run what its owner sees, and nothing of others", async () => {
    const app = createMemoryApp();
    const id = await scheduled(app, {}, { owner: "a1", name: "Anna" });
    const { signal } = new AbortController();
    const get = (owner: string) =>
      app.toolbox.call({ name: "get_schedule", arguments: JSON.stringify({ id }), owner, idempotencyKey: "k", signal });
    expect(await get("a1")).toMatchObject({ isError: false, content: expect.stringContaining(id) });
    expect(await get("b2")).toMatchObject({ isError: true, content: expect.stringContaining("not_found") });
  });

  it("ends with the run that was aborted", async () => {
    await expect(call("list_schedules", "{}", AbortSignal.abort(new Error("timed out")))).rejects.toThrow("timed out");
  });
});
