import { describe, expect, it } from "vitest";
import { unavailable } from "../../shared/azure/storage/storage-failure.ts";
import { createMemoryApp, type MemoryAppOptions } from "../mcp/memory-app.ts";
import { morningReport } from "../mcp/sample-calls.ts";

const id = "local-0198c0de-0000-7000-8000-000000000000";

/** One call for each tool that would need the storage. */
const calls: [string, object][] = [
  ["schedule_conversation", morningReport],
  ["list_schedules", {}],
  ["get_schedule", { id }],
  ["trigger_schedule", { id }],
  ["delete_schedule", { id }],
  ["list_runs", { schedule_id: id }],
  ["get_run", { id: `${id}.p1796112000` }],
  ["list_runs", {}],
  ["list_runs", { state: "open" }],
  ["cancel_run", { id: `${id}.p1796112000` }],
  ["get_conversation", { id }],
  ["get_knowledge_base", {}],
];

const failingWith = (thrown: unknown): MemoryAppOptions => ({
  intercept: async () => {
    throw thrown;
  },
});

const foreign = "getaddrinfo ENOTFOUND stcontoso.blob.core.windows.net AccountKey=s3cr3t";

describe.each(calls)("%s", (name, input) => {
  it("says what to do when storage does not answer, in our own words", async () => {
    const app = createMemoryApp(failingWith(unavailable(Object.assign(new Error(foreign), { name: "TimeoutError" }))));
    const { error, text } = await app.call(name, input);
    expect(error).toMatchObject({
      error: "SERVICE_ERROR",
      message: expect.stringMatching(/AzureWebJobsStorage.*try again/),
    });
    expect(text).not.toMatch(/ENOTFOUND|s3cr3t|windows\.net/);
    expect(app.recorded).toMatchObject([
      { level: "error", name: "tool.failed", fields: { tool: name, owner: "local" } },
    ]);
  });

  it("shows nothing of an error that nobody expected; the operator gets it", async () => {
    const thrown = new Error(foreign);
    const app = createMemoryApp(failingWith(thrown));
    const { error, text } = await app.call(name, input);
    expect(error).toMatchObject({ error: "INTERNAL_ERROR", details: {} });
    expect(text).not.toMatch(/ENOTFOUND|s3cr3t|windows\.net/);
    expect(app.recorded).toMatchObject([{ level: "error", name: "tool.failed", cause: thrown }]);
  });
});
