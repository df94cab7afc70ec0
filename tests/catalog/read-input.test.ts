import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readInput } from "../../shared/catalog/read-input.ts";
import { scheduleInput } from "../../shared/catalog/schedule-input.ts";
import { AppError } from "../../shared/kernel/errors.ts";

const base = { name: "Report", prompt: "What is new?" };
const read = (input: unknown) => readInput(scheduleInput, input);

describe("what clients send is read as meant", () => {
  const cases: [string, object, object][] = [
    ["null for what is left out", { cron: null, policies: null }, {}],
    ["an empty text for what is left out", { time_zone: "", tags: "" }, {}],
    ["a number as text", { every_minutes: "5" }, { every_minutes: 5 }],
    ["a number as text with a fraction of nothing", { every_minutes: " 5.0 " }, { every_minutes: 5 }],
    ["a boolean as text", { dry_run: "true" }, { dry_run: true }],
    ["false as text", { dry_run: "false" }, { dry_run: false }],
    ["an object as text", { policies: '{"overlap":"skip"}' }, { policies: { overlap: "skip" } }],
    ["text inside an object as text", { policies: '{"max_runs":"3"}' }, { policies: { max_runs: 3 } }],
    ["null inside an object", { policies: { max_runs: null, overlap: "" } }, { policies: {} }],
    ["a list as text", { tags: '["daily"]' }, { tags: ["daily"] }],
    ["blanks around a name", { name: " Report " }, {}],
  ];

  it.each(cases)("%s", (_what, sent, meant) => {
    expect(read({ ...base, ...sent })).toEqual({ ...base, ...meant });
  });

  it("all arguments as one JSON text", () => {
    expect(read(JSON.stringify({ ...base, dry_run: "true" }))).toEqual({ ...base, dry_run: true });
  });

  it("no arguments at all, where none are needed", () => {
    const schema = z.strictObject({ query: z.string().optional() });
    expect([undefined, null, "{}", {}].map((input) => readInput(schema, input))).toEqual([{}, {}, {}, {}]);
  });

  it("text stays text where text is wanted", () => {
    expect(read({ ...base, prompt: "5", name: "true" })).toEqual({ prompt: "5", name: "true" });
  });
});

describe("what does not fit is refused in words", () => {
  const cases: [string, unknown, string][] = [
    ["a missing field", { name: "Report" }, "prompt is missing"],
    ["null for a needed field", { ...base, name: null }, "name is missing"],
    ["an empty name", { ...base, name: "" }, "name: must not be empty"],
    ["a blank name", { ...base, name: "  " }, "name: must not be empty"],
    ["a name that is too long", { ...base, name: "n".repeat(201) }, "name: at most 200 characters are allowed"],
    ["a number for text", { ...base, cron: 5 }, "cron: text is expected, not a number"],
    ["a word for a number", { ...base, every_minutes: "soon" }, "every_minutes: a number is expected, not text"],
    ["a fraction", { ...base, every_minutes: "1.5" }, "every_minutes: a whole number is expected, not a fraction"],
    ["too small a number", { ...base, every_minutes: 0 }, "every_minutes: a whole number from 1 to 525600 is expected"],
    [
      "too large a number",
      { ...base, every_minutes: 9e6 },
      "every_minutes: a whole number from 1 to 525600 is expected",
    ],
    ["a word for a boolean", { ...base, dry_run: "yes" }, "dry_run: true or false is expected, not text"],
    ["a word for a list", { ...base, tags: "daily" }, "tags: a list is expected, not text"],
    ["an empty item", { ...base, tags: [""] }, "tags.0: must not be empty"],
    ["too many items", { ...base, tags: Array(21).fill("t") }, "tags: at most 20 items are allowed"],
    ["a list for an object", { ...base, policies: [] }, "policies: an object is expected, not a list"],
    ["a text that is no object", { ...base, policies: "strict" }, "policies: an object is expected, not text"],
    ["an unknown choice", { ...base, conversation: "old" }, 'conversation: "new" or "continue" is expected'],
    ["a list for all arguments", [], "arguments: an object is expected, not a list"],
    ["words for all arguments", "every day", "arguments: an object is expected, not text"],
  ];

  it.each(cases)("%s", (_what, input, problem) => {
    expect(refusalOf(input).message).toBe(`The arguments do not fit: ${problem}.`);
  });

  it("an unknown field, with the known ones", () => {
    const { message, details } = refusalOf({ ...base, timezone: "Europe/Berlin" });
    expect(message).toContain(
      'unknown field "timezone"; known are name, prompt, cron, run_at, every_minutes, time_zone',
    );
    expect(details).toEqual({ fields: ["timezone"] });
  });

  it("an unknown nested field, with its place and the fields known there", () => {
    const { message, details } = refusalOf({ ...base, policies: { retries: 3 } });
    expect(message).toContain('unknown field "retries" in policies; known are overlap, catch_up, catch_up_window');
    expect(details).toEqual({ fields: ["policies.retries"] });
  });

  it.each([
    [
      { policies: { conversation: "continue" } },
      "policies.conversation",
      '"conversation" belongs one level up, beside policies.',
    ],
    [{ start_at: "2026-12-01T08:00" }, "start_at", '"start_at" belongs in policies.'],
  ])("a field in the wrong place, with the right one: %j", (input, field, advice) => {
    const { message, details } = refusalOf({ ...base, ...input });
    expect(message).toContain(advice);
    expect(details).toEqual({ fields: [field] });
  });

  it("counts one item as one", () => {
    const schema = z.strictObject({ ids: z.array(z.string().max(1)).min(1) });
    expect(() => readInput(schema, { ids: [] })).toThrow("ids: at least 1 item is expected");
    expect(() => readInput(schema, { ids: ["ab"] })).toThrow("ids.0: at most 1 character is allowed");
  });

  it("names every problem at once", () => {
    const { message, details } = refusalOf({ name: "", cron: 5, colour: "red", policies: { max_runs: 0 } });
    expect(message.split("; ").length).toBeGreaterThanOrEqual(5);
    expect(details).toEqual({ fields: ["name", "prompt", "cron", "policies.max_runs", "colour"] });
  });

  it("never repeats what was sent as a value", () => {
    const secret = "sig=s3cr3t";
    const input = { name: { secret }, prompt: [secret], dry_run: secret, conversation: secret, policies: secret };
    expect(JSON.stringify(refusalOf(input))).not.toContain("s3cr3t");
  });

  it("a list that is nested without end, without following it", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
    expect(refusalOf({ ...base, tags: deep }).message).toContain("tags.0: text is expected, not a list");
    expect(refusalOf(deep).message).toContain("arguments: an object is expected");
  });

  it.each(["__proto__", "constructor", "toString"])("the field %s like any unknown one", (name) => {
    const input = JSON.parse(`{"name":"Report","prompt":"p","${name}":{"x":1}}`) as unknown;
    expect(refusalOf(input).message).toContain(`unknown field "${name}"`);
  });
});

function refusalOf(input: unknown): AppError {
  try {
    read(input);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === "VALIDATION_ERROR") return thrown;
    throw thrown;
  }
  throw new Error("The input was accepted.");
}
