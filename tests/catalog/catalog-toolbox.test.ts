import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { scheduled } from "../mcp/sample-calls.ts";

const call = (name: string, text: string, signal = new AbortController().signal) =>
  createMemoryApp().toolbox.call({ name, arguments: text, owner: localPrincipal.owner, idempotencyKey: "k", signal });

describe("what a run may use of the catalog", () => {
  it("is every tool but those that stand for what a person does, with what it does to data and its group", async () => {
    const { catalog, toolbox } = createMemoryApp();
    const tools = await toolbox.list();
    const forRuns = catalog.filter(({ forPeopleOnly }) => forPeopleOnly !== true);
    expect(tools.map(({ name, readOnly, server }) => [name, readOnly, server])).toEqual(
      forRuns.map(({ name, hints, toolset }) => [name, hints.readOnlyHint, toolset]),
    );
    const kept = catalog.filter((tool) => !forRuns.includes(tool)).map(({ name }) => name);
    expect(kept).toEqual(expect.arrayContaining(["decide_approval", "continue_conversation"]));
  });

  it("are none of the tools for people, not even when a model guesses their names", async () => {
    for (const name of ["decide_approval", "continue_conversation"]) {
      const { content, isError } = await call(name, "{}");
      expect([isError, content]).toEqual([true, expect.stringContaining(`There is no tool`)]);
    }
  });

  it("has nothing done twice when a call is made again: the call's key is the tool's, unless the model gave one", async () => {
    const app = createMemoryApp();
    const { signal } = new AbortController();
    const plan = (more: object = {}, idempotencyKey = "s:p1:1.0") => {
      const input = { name: "Report", prompt: "Report.", every_minutes: 60, ...more };
      const request = { name: "schedule_conversation", arguments: JSON.stringify(input), owner: "a1", signal };
      return app.toolbox.call({ ...request, idempotencyKey });
    };
    const idOf = async (made: ReturnType<typeof plan>): Promise<string> => JSON.parse((await made).content).schedule_id;
    const first = await idOf(plan());
    expect(await idOf(plan())).toBe(first);
    expect(await idOf(plan({}, "s:p1:1.1"))).not.toBe(first);
    expect(await idOf(plan({ idempotency_key: "mine" }))).toBe(await idOf(plan({ idempotency_key: "mine" }, "other")));
  });

  it.each(["", " ", "{}", "null", '"{}"'])("may be called with the arguments %j", async (text) => {
    expect(await call("list_schedules", text)).toMatchObject({ isError: false });
  });

  it.each([
    ["list_schedules", "{not json", "arguments: an object is expected"],
    ["list_schedules", "[]", "arguments: an object is expected"],
    ["get_run", "{}", "id is missing"],
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
