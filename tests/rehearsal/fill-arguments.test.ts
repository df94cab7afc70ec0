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
      { query: "Find shipping times" },
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
    ["what stands after the name", "Use dataset sales", all({ dataset: text }), { dataset: "sales" }],
    ["what is quoted", 'Open "Printer on fire" now', all({ title: text }), { title: "Printer on fire" }],
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

  it("ends on a schema that contains itself", () => {
    const loop: Record<string, unknown> = { type: "object", required: ["next"] };
    loop.properties = { next: loop };
    expect(JSON.stringify(fillArguments(loop, "hello")).length).toBeLessThan(200);
  });
});
