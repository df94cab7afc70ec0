import { describe, expect, it } from "vitest";
import { fillArguments } from "../../shared/rehearsal/fill-arguments.ts";

const text = { type: "string" };
const all = (properties: Record<string, unknown>) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
const uuid = "0192c3d4-aaaa-7bbb-8ccc-0123456789ab";

describe("arguments out of a prompt", () => {
  it.each([
    ["words for a query", "What is the return policy?", all({ query: text }), { query: "return policy" }],
    [
      "a query although it is optional",
      "Find shipping times",
      { properties: { query: text } },
      { query: "shipping times" },
    ],
    ["nothing else optional", "Find 5 users", { properties: { name: text, limit: { type: "integer" } } }, {}],
    [
      "an optional choice that is said",
      "List open tickets",
      { properties: { status: { enum: ["closed", "open"] } } },
      { status: "open" },
    ],
    [
      "a choice of two words",
      "those in progress",
      all({ status: { enum: ["open", "in_progress"] } }),
      { status: "in_progress" },
    ],
    ["the first choice when none is said", "List", all({ status: { enum: ["open", "closed"] } }), { status: "open" }],
    [
      "numbers in their order",
      "Add 2.5 and -3",
      all({ a: { type: "number" }, b: { type: "integer" } }),
      { a: 2.5, b: -3 },
    ],
    [
      "numbers within limits",
      "the last 500",
      all({ limit: { type: "integer", minimum: 1, maximum: 100 } }),
      { limit: 100 },
    ],
    [
      "no digits of dates, times and ids",
      "T-17 at 08:30 on 2026-05-01",
      all({ n: { type: "integer", minimum: 3 } }),
      { n: 3 },
    ],
    ["an id", "Read user u-42", all({ user_id: text }), { user_id: "u-42" }],
    ["the id of the right kind", "T-17 of user_42", all({ user_id: text }), { user_id: "user_42" }],
    ["a UUID", `Show ${uuid} please`, all({ id: text }), { id: uuid }],
    ["a number as an id", "Read user 42", all({ userId: text }), { userId: "42" }],
    ["an id that nobody named", "Read the user", all({ id: text }), { id: "rehearsal" }],
    ["what stands beside the name", "Query the sales dataset", all({ dataset: text }), { dataset: "sales" }],
    ["what is no errand beside the name", "Query dataset sales", all({ dataset: text }), { dataset: "sales" }],
    ["what stands after the name", "Use dataset sales", all({ dataset: text }), { dataset: "sales" }],
    ["what is quoted", 'Open "Printer on fire" now', all({ title: text }), { title: "Printer on fire" }],
    [
      "the first of two choices that is said",
      "And closed? List open ones",
      all({ s: { enum: ["open", "closed"] } }),
      { s: "closed" },
    ],
    [
      "two quotes in their order",
      'Replace "red" by "blue"',
      all({ old: text, fresh: text }),
      { old: "red", fresh: "blue" },
    ],
    [
      "a path and a text",
      'Write "Three open." to notes/monday.md.',
      all({ path: text, content: text }),
      { path: "notes/monday.md", content: "Three open." },
    ],
    [
      "a quoted path",
      'Write "Hi" to "/srv/x.txt"',
      all({ path: text, content: text }),
      { path: "/srv/x.txt", content: "Hi" },
    ],
    [
      "paths in their order",
      "Move a.txt to /srv/old/",
      all({ source: text, destination: text }),
      { source: "a.txt", destination: "/srv/old/" },
    ],
    ["a named directory", "Create a directory named reports", all({ path: text }), { path: "reports" }],
    ["a directory in quotes", 'Create a folder called "my reports"', all({ path: text }), { path: "my reports" }],
    ["the directory that is said", "List the directory reports", all({ path: text }), { path: "reports" }],
    ["the folder that is said", "List what is in the reports folder", all({ path: text }), { path: "reports" }],
    ["no directory's name", "What is in the current directory and why?", all({ path: text }), { path: "." }],
    [
      "the path to write to, not the one before it",
      'Write "Two" about a.txt to b.md',
      all({ path: text, content: text }),
      { path: "b.md", content: "Two" },
    ],
    ["what is searched for", "Search for on call", all({ pattern: text }), { pattern: "on call" }],
    ["a list of paths", "Read a.txt", all({ paths: { type: "array", items: text } }), { paths: ["a.txt"] }],
    [
      "no path in links, hosts and and/or",
      "See https://example.com/a/b.txt, e.g. and/or example.org",
      all({ path: text }),
      { path: "." },
    ],
    ["a quoted query", 'Find "return policy" quickly', { properties: { query: text } }, { query: "return policy" }],
    ["a least length", "Hi", all({ body: { type: "string", minLength: 10 } }), { body: "Hi (rehearsal)" }],
    ["a greatest length", "refund policy", all({ body: { type: "string", maxLength: 6 } }), { body: "refund" }],
    ["a date", "since 2026-05-01", all({ d: { type: "string", format: "date" } }), { d: "2026-05-01" }],
    [
      "a moment that nobody named",
      "since then",
      all({ t: { type: "string", format: "date-time" } }),
      { t: "2026-01-01T00:00:00Z" },
    ],
    [
      "an address",
      "mail ana@example.org.",
      all({ to: { type: "string", format: "email" } }),
      { to: "ana@example.org" },
    ],
    ["no for yes or no", "anything", all({ force: { type: "boolean" } }), { force: false }],
    ["a list", "tag sales", all({ tags: { type: "array", items: text } }), { tags: ["sales"] }],
    ["an object within", "Read user u-42", all({ who: all({ id: text }) }), { who: { id: "u-42" } }],
    ["a constant", "x", all({ kind: { const: "fixed" } }), { kind: "fixed" }],
    ["nullable by type array", "take 7", all({ n: { type: ["null", "integer"] } }), { n: 7 }],
    ["nullable by anyOf", "take 7", all({ n: { anyOf: [{ type: "null" }, { type: "integer" }] } }), { n: 7 }],
    ["a prompt of no words", "?", all({ name: text }), { name: "?" }],
    ["an empty prompt", "", all({ name: text }), { name: "(rehearsal)" }],
  ])("%s", (_name, prompt, schema, expected) => {
    expect(fillArguments(schema, prompt)).toEqual(expected);
  });

  it.each([[undefined], [null], ["text"], [{ properties: 3, required: "no" }], [{ type: 7 }]])(
    "asks nothing of the odd schema %j",
    (schema) => expect(fillArguments(schema, "hello")).toEqual({}),
  );

  it("searches for the subject, not for the errand, the tool or a path", () => {
    const search = { properties: { query: text } };
    const prompt = "Look into the knowledge base for late refunds and write it to refunds.md";
    expect(fillArguments(search, prompt, { toolWords: ["get", "knowledg", "base"] })).toEqual({
      query: "late refunds",
    });
    expect(fillArguments(search, "Search", { toolWords: ["search"] })).toEqual({ query: "Search" });
  });

  it("writes what was found where the prompt does not say a text, and the prompt where nothing was", () => {
    const file = all({ path: text, content: text });
    expect(fillArguments(file, "Write it to a.md", { findings: "Three open." })).toEqual({
      path: "a.md",
      content: "Three open.",
    });
    expect(fillArguments(file, "Write it to a.md")).toEqual({ path: "a.md", content: "Write it to a.md" });
    expect(fillArguments(file, 'Write "Two" to a.md', { findings: "Three open." })).toEqual({
      path: "a.md",
      content: "Two",
    });
  });

  it("ends on a schema that contains itself", () => {
    const loop: Record<string, unknown> = { type: "object", required: ["next"] };
    loop.properties = { next: loop };
    expect(JSON.stringify(fillArguments(loop, "hello")).length).toBeLessThan(200);
  });
});
