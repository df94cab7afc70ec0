import { describe, expect, it } from "vitest";
import { type JsonSchema, publishedSchema } from "../../shared/catalog/published-schema.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import { createMemoryApp, type MemoryApp } from "../mcp/memory-app.ts";
import { itemsOf, morningReport } from "../mcp/sample-calls.ts";

interface Result {
  readonly index: number;
  readonly result: string;
  readonly schedule_id?: string;
  readonly error?: { readonly error: string; readonly message: string; readonly details: object };
}

async function callWith(app: MemoryApp, items: unknown) {
  const answer = await app.call("schedule_conversations", { items });
  return { ...answer, results: itemsOf<Result>(answer, "results") };
}

const schedulesIn = (app: MemoryApp) => app.blobs.names().filter((name) => name.startsWith("schedules/"));

describe("schedule_conversations", () => {
  it("answers for each item in the order of the items, as schedule_conversation does", async () => {
    const app = createMemoryApp();
    const { results } = await callWith(app, [morningReport, { ...morningReport, dry_run: true }]);
    expect(results).toMatchObject([
      {
        index: 0,
        result: "created",
        in_words: "At 08:00, every day (Europe/Berlin)",
        next_slots: [{}, {}, {}, {}, {}],
      },
      { index: 1, result: "dry_run" },
    ]);
    const { structured } = await app.call("get_schedule", { id: results[0]?.schedule_id });
    expect(structured).toMatchObject({ schedule: { name: "Morning report" } });
  });

  it("schedules 100 items although some are wrong, and says which and why", async () => {
    const app = createMemoryApp();
    const wrong: Record<number, unknown> = {
      0: { ...morningReport, cron: "0 8 31 2 *" },
      17: { ...morningReport, name: "" },
      18: "no item at all",
      42: { ...morningReport, timezone: "Europe/Berlin" },
      98: null,
      99: { ...morningReport, allowed_tools: ["guess"] },
    };
    const items = Array.from({ length: 100 }, (_, index) =>
      index in wrong ? wrong[index] : { ...morningReport, name: `Report ${index}` },
    );
    const { results, structured } = await callWith(app, items);
    expect(results.map(({ index }) => index)).toEqual(items.map((_, index) => index));
    const refused = results.filter(({ result }) => result === "error");
    expect(refused.map(({ index, error }) => [index, error?.error])).toEqual(
      [0, 17, 18, 42, 98, 99].map((index) => [index, "VALIDATION_ERROR"]),
    );
    expect(refused[0]?.error?.details).toEqual({ field: "cron" });
    expect(refused[1]?.error?.details).toEqual({ fields: ["name"] });
    expect(refused[3]?.error?.message).toContain('unknown field "timezone"; known are name, prompt, cron');
    expect(schedulesIn(app)).toHaveLength(94);
    expect(structured?.summary).toMatch(/^Of 100: 94 scheduled, 6 refused\. Item 0: /);
    expect(structured?.next_step).toContain("0, 17, 18, 42, 98, 99");
    for (const { index, schedule_id } of results.filter(({ result }) => result === "created")) {
      expect((await app.ports.schedules.read(String(schedule_id)))?.value.definition.name).toBe(`Report ${index}`);
    }
  });

  it("works on ten items at a time", async () => {
    let open = 0;
    let most = 0;
    const app = createMemoryApp({
      intercept: async (_operation, perform) => {
        most = Math.max(most, ++open);
        await new Promise<void>((resolve) => void setImmediate(resolve));
        open--;
        return perform();
      },
    });
    await callWith(app, Array(30).fill(morningReport));
    expect(most).toBe(10);
  });

  it("takes an idempotency_key for each item: a repeat creates only what is missing", async () => {
    const app = createMemoryApp();
    const items = ["a", "b"].map((key) => ({ ...morningReport, idempotency_key: key }));
    const first = await callWith(app, items);
    const again = await callWith(app, [...items, { ...morningReport, idempotency_key: "c" }]);
    expect(again.results.map(({ result }) => result)).toEqual(["existing", "existing", "created"]);
    expect(again.results[1]?.schedule_id).toBe(first.results[1]?.schedule_id);
    expect(schedulesIn(app)).toHaveLength(3);
    const conflict = await callWith(app, [{ ...items[0], prompt: "Else" }, items[1]]);
    expect(conflict.results).toMatchObject([{ error: { details: { reason: "conflict" } } }, { result: "existing" }]);
  });

  it("reads items and fields as clients send them", async () => {
    const app = createMemoryApp();
    const items = JSON.stringify([JSON.stringify(morningReport), { ...morningReport, tags: null, dry_run: "true" }]);
    const { results } = await callWith(app, items);
    expect(results.map(({ result }) => result)).toEqual(["created", "dry_run"]);
  });

  it("keeps the failure of one item to that item, without foreign text, and notes it in the log", async () => {
    let writes = 0;
    const app = createMemoryApp({
      intercept: async ({ kind, name }, perform) => {
        if (kind === "write" && name.startsWith("schedules/") && ++writes === 2) throw new Error("SharedKey s3cr3t");
        if (kind === "write" && name.startsWith("schedules/") && writes === 3)
          throw new AppError("SERVICE_ERROR", "Storage is down.");
        return perform();
      },
    });
    const { results, text } = await callWith(app, Array(4).fill(morningReport));
    expect(results.map(({ result, error }) => error?.error ?? result).sort()).toEqual([
      "INTERNAL_ERROR",
      "SERVICE_ERROR",
      "created",
      "created",
    ]);
    expect(text).not.toContain("s3cr3t");
    expect(app.recorded.filter(({ name, level }) => name === "tool.failed" && level === "error")).toHaveLength(2);
  });

  it.each<[string, object, RegExp]>([
    ["no items", {}, /items is missing/],
    ["an empty list", { items: [] }, /items: at least 1 item is expected/],
    ["more than 100", { items: Array(101).fill(morningReport) }, /items: at most 100 items are allowed/],
    ["a single item without a list", { items: morningReport }, /items: a list is expected/],
    ["a field beside items", { items: [morningReport], dry_run: true }, /unknown field "dry_run"; known are items/],
  ])("refuses %s as a whole, and schedules nothing", async (_, input, problem) => {
    const app = createMemoryApp();
    const { error } = await app.call("schedule_conversations", input);
    expect(error).toMatchObject({ error: "VALIDATION_ERROR", message: expect.stringMatching(problem) });
    expect(app.blobs.names()).toEqual([]);
  });

  it("names the unknown fields of an item, also those in policies, and the fields that it knows", async () => {
    const misspelt = { ...morningReport, time_zon: "UTC", policies: { max_run: 3 } };
    const { results } = await callWith(createMemoryApp(), [misspelt]);
    expect(results[0]?.error?.details).toEqual({ fields: ["policies.max_run", "time_zon"] });
    expect(results[0]?.error?.message).toMatch(/unknown field "max_run" in policies; known are overlap, .*max_runs/);
    expect(results[0]?.error?.message).toMatch(/unknown field "time_zon"; known are name, .*time_zone/);
  });

  it("publishes the fields of an item, as schedule_conversation has them, and allows no others", () => {
    const [single, many] = createMemoryApp().catalog;
    const { items } = publishedSchema(many!.input).properties!.items as JsonSchema;
    expect(items).toEqual(publishedSchema(single!.input));
    expect(items).toMatchObject({
      additionalProperties: false,
      properties: { policies: { additionalProperties: false } },
    });
  });
});
