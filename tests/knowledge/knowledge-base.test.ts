import { describe, expect, it } from "vitest";
import { AppError } from "../../shared/kernel/errors.ts";
import sample from "../../shared/knowledge/sample-knowledge.json" with { type: "json" };
import { createMemoryApp, type MemoryApp } from "../mcp/memory-app.ts";
import { itemsOf } from "../mcp/sample-calls.ts";
import type { Intercept } from "../support/memory-ports.ts";

const blob = "knowledge/kb.json";
const entries = [
  { question: "How do I book a room?", answer: "Ask the front desk." },
  { question: "Where is the front desk?", answer: "On the ground floor, beside the room for visitors." },
  { question: "Who pays for lunch?", answer: "You do." },
];

const keep = (app: MemoryApp, text: string) => app.blobs.write(blob, text, { condition: "always" });

async function withEntries(): Promise<MemoryApp> {
  const app = createMemoryApp();
  await keep(app, JSON.stringify(entries));
  return app;
}

async function questions(app: MemoryApp, input: object): Promise<string[]> {
  const answer = await app.call("get_knowledge_base", input);
  return itemsOf<{ question: string }>(answer, "entries").map(({ question }) => question);
}

describe("get_knowledge_base", () => {
  it("ranks by the words of the query, the question before the answer", async () => {
    expect(await questions(await withEntries(), { query: "room" })).toEqual([
      "How do I book a room?",
      "Where is the front desk?",
    ]);
  });

  it.each(["rooms", "ROOM", "roo", "book rom"])("forgives %j", async (query) => {
    expect((await questions(await withEntries(), { query }))[0]).toBe("How do I book a room?");
  });

  it("gives the entries in their own order without a query, and counts beyond the limit", async () => {
    const { structured } = await (await withEntries()).call("get_knowledge_base", { limit: 2, query: "" });
    expect(structured).toMatchObject({ entries: entries.slice(0, 2), total: 3 });
  });

  it("says what to do when nothing fits", async () => {
    const { structured } = await (await withEntries()).call("get_knowledge_base", { query: "zebra" });
    expect(structured).toMatchObject({ entries: [], total: 0, next_step: expect.stringContaining("other words") });
  });

  it("begins with the sample, and leaves it where an operator finds it", async () => {
    const app = createMemoryApp();
    const { structured } = await app.call("get_knowledge_base", { limit: 100 });
    expect(structured?.entries).toEqual(sample);
    expect(JSON.parse((await app.blobs.read(blob))?.text ?? "")).toEqual(sample);
  });

  it("answers from the newest text, and reads unchanged text once", async () => {
    const app = await withEntries();
    await questions(app, {});
    await keep(app, JSON.stringify(entries.slice(2)));
    expect(await questions(app, {})).toEqual(["Who pays for lunch?"]);
    app.takeStorageCalls();
    await questions(app, { query: "lunch" });
    expect(app.takeStorageCalls()).toEqual([`readBytes ${blob}`]);
  });

  it("reads a file that an editor marked as UTF-8", async () => {
    const app = createMemoryApp();
    await keep(app, `\uFEFF${JSON.stringify(entries)}`);
    expect(await questions(app, {})).toHaveLength(3);
  });

  it.each([
    ["not json s3cr3t", "it is no JSON"],
    ["", "it is no JSON"],
    ['[\n{"question": "s3cr3t",}\n]', "it is no JSON from line 2, column 23 on"],
    ["{}", "it is no list"],
    ['["s3cr3t"]', "entry 1 is no object"],
    [JSON.stringify([...entries, { question: "s3cr3t" }]), "entry 4 has no answer"],
    [JSON.stringify([{ question: " ", answer: "s3cr3t" }]), "entry 1 has an empty question"],
    [JSON.stringify([...entries, { question: "s3cr3t", answer: 5 }]), "entry 4: answer is no text"],
    [JSON.stringify(Array(10_001).fill(entries[0])), "it has more than 10000 entries"],
  ])(
    "says which blob and which entry of it is broken when it holds %.40j, repeats nothing of it, and goes on once it is mended",
    async (text, problem) => {
      const app = await withEntries();
      await questions(app, {});
      await keep(app, text);
      for (let looks = 0; looks < 2; looks++) {
        const broken = await app.call("get_knowledge_base");
        expect(broken.error?.error).toBe("SERVICE_ERROR");
        expect(broken.error?.message).toContain(`The knowledge base cannot be read: ${problem}.`);
        expect(broken.error?.message).toContain(blob);
        expect(broken.text).not.toContain("s3cr3t");
      }
      expect(String(app.recorded.map(({ cause }) => cause))).not.toContain("s3cr3t");
      await keep(app, JSON.stringify(entries));
      expect(await questions(app, {})).toHaveLength(3);
    },
  );

  it("tells storage that is away from a file that is broken, and needs no restart after it", async () => {
    let isDown = false;
    const intercept: Intercept = async (_operation, perform) => {
      if (isDown) throw new AppError("SERVICE_ERROR", "Storage did not answer in time.");
      return perform();
    };
    const app = createMemoryApp({ intercept });
    await questions(app, {});
    isDown = true;
    expect((await app.call("get_knowledge_base")).error?.message).toBe("Storage did not answer in time.");
    isDown = false;
    expect(await questions(app, {})).not.toEqual([]);
  });

  it("finds entries in which every word of the query stands before those with only one", async () => {
    const app = createMemoryApp();
    await keep(
      app,
      JSON.stringify([
        { question: "What is a critical ticket?", answer: "One that stops customers." },
        { question: "Who closes tickets?", answer: "Whoever solved them." },
        { question: "Critical thinking", answer: "A course in spring." },
      ]),
    );
    expect((await questions(app, { query: "critical tickets" }))[0]).toBe("What is a critical ticket?");
    expect((await questions(app, { query: "critical tickets", limit: 1 })).length).toBe(1);
  });
});
