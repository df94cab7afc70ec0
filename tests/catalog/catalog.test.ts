import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createCatalog, instructionsFor } from "../../shared/catalog/catalog.ts";
import { type JsonSchema, publishedSchema } from "../../shared/catalog/published-schema.ts";
import { readInput } from "../../shared/catalog/read-input.ts";
import { toolsets } from "../../shared/catalog/tool.ts";
import { createMemoryApp } from "../mcp/memory-app.ts";
import { morningReport, oneRun, oneWaiting } from "../mcp/sample-calls.ts";
import { startBackend, unusedBackend } from "../support/backend.ts";
import { offences } from "./schema-rules.ts";

const { catalog } = createMemoryApp({ backend: unusedBackend });

describe("the catalog", () => {
  it("offers these tools in this order, with these required fields", () => {
    const lines = catalog.map(({ name, input }) => `${name}(${(publishedSchema(input).required ?? []).join(", ")})`);
    expect(lines).toEqual([
      "schedule_conversation(name, prompt)",
      "schedule_conversations(items)",
      "update_schedule(id)",
      "list_schedules()",
      "get_schedule(id)",
      "trigger_schedule(id)",
      "delete_schedule(id)",
      "what_happened()",
      "list_runs()",
      "get_run(id)",
      "cancel_run(id)",
      "get_usage()",
      "list_approvals()",
      "decide_approval(id, decision)",
      "list_conversations()",
      "get_conversation(id)",
      "continue_conversation(message)",
      "delete_conversation(id)",
      "get_knowledge_base()",
      "get_user_profile(user_id)",
      "list_users()",
      "create_ticket(title, description)",
      "list_tickets()",
      "query_data(dataset)",
    ]);
  });

  it("names every tool once, and every group has a tool", () => {
    const names = catalog.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(catalog.map(({ toolset }) => toolset))).toEqual(new Set(toolsets));
  });

  it("is built in the same order each time", () => {
    const again = createMemoryApp({ backend: unusedBackend }).catalog;
    expect(again.map(({ name }) => name)).toEqual(catalog.map(({ name }) => name));
    expect(createCatalog).toHaveLength(4);
  });

  it("tells a model how the tools fit together in under 170 words, naming only tools that exist", () => {
    const instructions = instructionsFor(catalog);
    expect(instructions.split(/\s+/).length).toBeLessThan(170);
    const named =
      instructions.match(/\b(?:schedule|list|get|delete|trigger|cancel|update|decide|continue)_[a-z_]+\b/g) ?? [];
    expect(catalog.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
    const own = catalog.filter(({ toolset }) => toolset !== "backend");
    expect(instructionsFor(own)).not.toContain("ticket");
  });

  it("ends things or lets them happen in these tools only, and says so", () => {
    expect(catalog.filter(({ hints }) => hints.destructiveHint).map(({ name }) => name)).toEqual([
      "delete_schedule",
      "cancel_run",
      "decide_approval",
      "delete_conversation",
    ]);
    expect(catalog.filter(({ hints }) => !hints.readOnlyHint).map(({ name }) => name)).toEqual([
      "schedule_conversation",
      "schedule_conversations",
      "update_schedule",
      "trigger_schedule",
      "delete_schedule",
      "cancel_run",
      "decide_approval",
      "continue_conversation",
      "delete_conversation",
      "create_ticket",
    ]);
  });
});

describe.each(catalog.map((tool) => [tool.name, tool] as const))("%s", (name, tool) => {
  it("has a name that every client takes, a title, and a description with an example", () => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(tool.title).toMatch(/^[A-Z]/);
    expect(tool.description.length).toBeLessThanOrEqual(1024);
    expect(tool.description).toContain(JSON.stringify(tool.example));
  });

  it("accepts its own example", () => {
    expect(() => readInput(tool.input, tool.example)).not.toThrow();
  });

  it("states all four hints", () => {
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.hints;
    const hints = [readOnlyHint, destructiveHint, idempotentHint, openWorldHint];
    expect(hints.map((hint) => typeof hint)).toEqual(["boolean", "boolean", "boolean", "boolean"]);
    expect(readOnlyHint && destructiveHint).toBe(false);
  });

  it("publishes an input schema that real clients and model APIs accept", () => {
    expect(offences(publishedSchema(tool.input))).toEqual([]);
  });
});

describe("the schema rules", () => {
  const text = { type: "string", description: "Some words." };
  const planted: [string, JsonSchema][] = [
    ["anyOf at the root", { anyOf: [] }],
    ["oneOf in .a", objectOf({ oneOf: [] })],
    ["const in .a", objectOf({ const: 1 })],
    ["format in .a", objectOf({ format: "date-time" })],
    ["default in .a", objectOf({ default: 1 })],
    ["patternProperties in .a", objectOf({ patternProperties: {} })],
    ["type array in .a", objectOf({ type: ["string", "null"] as unknown as string })],
    ["look-ahead in .a", objectOf({ pattern: "^(?=x)" })],
    ["additionalProperties in .a", objectOf({ type: "object", properties: {} })],
    ["additionalProperties in .a", objectOf({ type: "object", properties: {}, additionalProperties: {} })],
    ["array without items in .a", objectOf({ type: "array" })],
    ["unbounded number in .a", objectOf({ type: "integer", minimum: 0 })],
    ["unbounded number in .a", objectOf(publishedSchema(z.strictObject({ a: z.int() })).properties?.a ?? {})],
    ["no description in .a.b", objectOf({ ...objectOf({}), properties: { b: { type: "string" } } })],
    ["format in .a[]", objectOf({ type: "array", items: { format: "uri" } })],
  ];

  function objectOf(inner: JsonSchema): JsonSchema {
    return { type: "object", additionalProperties: false, properties: { a: { ...text, ...inner } } };
  }

  it.each(planted)("catch a planted %s", (offence, schema) => {
    expect(offences(schema)).toContain(offence);
  });

  it("let a plain schema pass", () => {
    expect(offences(objectOf({}))).toEqual([]);
  });
});

describe("every answer", () => {
  it("fits the published output schema, and its text carries the whole of it, with every id", async () => {
    await using served = await startBackend();
    const app = createMemoryApp({ backend: served.backend });
    const { scheduleId, runId, conversationId } = await oneRun(app);
    const waiting = await oneWaiting(app);
    const calls: [string, object][] = [
      ["schedule_conversation", morningReport],
      ["schedule_conversation", { ...morningReport, dry_run: true, policies: { max_runs: 3 }, tags: ["daily"] }],
      ["schedule_conversations", { items: [morningReport, { ...morningReport, name: "" }] }],
      ["update_schedule", { id: scheduleId, name: "Twice", cron: "0 8 * * *", time_zone: "UTC" }],
      ["update_schedule", { id: scheduleId, status: "paused", reason: "Holidays" }],
      ["list_schedules", {}],
      ["get_schedule", { id: scheduleId }],
      ["trigger_schedule", { id: scheduleId, idempotency_key: "k" }],
      ["trigger_schedule", { id: scheduleId, idempotency_key: "k" }],
      ["update_schedule", { id: scheduleId, cron: "30 8 * * *", time_zone: "UTC", dry_run: true }],
      ["what_happened", {}],
      ["get_usage", { time_zone: "Europe/Berlin" }],
      ["list_approvals", {}],
      ["get_run", { id: waiting.runId }],
      ["list_runs", { state: "waiting_approval" }],
      ["decide_approval", { id: waiting.approvalId, decision: "deny", note: "No." }],
      ["decide_approval", { id: waiting.approvalId, decision: "deny" }],
      ["list_runs", { state: "open" }],
      ["list_runs", { outcome: "succeeded" }],
      ["list_runs", { schedule_id: scheduleId }],
      ["get_run", { id: runId }],
      ["cancel_run", { id: runId, reason: "No more." }],
      ["list_conversations", {}],
      ["get_conversation", { id: conversationId }],
      ["continue_conversation", { id: conversationId, message: "Why?" }],
      ["delete_conversation", { id: conversationId }],
      ["get_knowledge_base", { query: "password" }],
      ["get_user_profile", { user_id: "user-1" }],
      ["get_user_profile", { user_id: "user-1", include_details: true }],
      ["list_users", { skip: 4 }],
      ["create_ticket", { title: "No light", description: "Since this morning." }],
      ["list_tickets", { status: "in_progress" }],
      ["query_data", { dataset: "orders", filters: { state: "received" }, limit: 3 }],
      ["delete_schedule", { id: scheduleId }],
    ];
    expect(new Set(calls.map(([name]) => name))).toEqual(new Set(app.catalog.map(({ name }) => name)));
    for (const [name, input] of calls) {
      const { text, structured } = await app.call(name, input);
      expect.soft(misfits(app.served.tools, name, structured), name).toBeUndefined();
      expect.soft(text, name).toContain(JSON.stringify(structured));
      expect.soft(text.startsWith(`${structured?.summary}\n${structured?.next_step}\n`), name).toBe(true);
    }
  });
});

/** Undefined when the answer fits; undeclared fields do not. */
function misfits(tools: readonly { name: string; outputSchema: object }[], name: string, structured: unknown) {
  const schema = closed(tools.find((tool) => tool.name === name)?.outputSchema as JsonSchema);
  return new AjvJsonSchemaValidator().getValidator(schema)(structured).errorMessage;
}

function closed(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema;
  const inner = Object.entries(properties ?? {}).map(([name, property]) => [name, closed(property)]);
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(inner), additionalProperties: false }),
    ...(items === undefined ? {} : { items: closed(items) }),
  };
}
