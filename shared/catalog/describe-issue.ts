import type { z } from "zod";
import { type JsonSchema, propertiesOf } from "./published-schema.ts";

/** One thing that is wrong with the arguments, in words that a person and a model can act on. Repeats no values. */
export function describeIssue(issue: z.core.$ZodIssue, published: JsonSchema): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((key) => JSON.stringify(key)).join(", ");
    const known = Object.keys(propertiesOf(published, issue.path)).join(", ");
    return `unknown field ${unknown}${path === "" ? "" : ` in ${path}`}; known are ${known}`;
  }
  if (issue.code === "invalid_type" && (issue.input ?? undefined) === undefined) return `${path} is missing`;
  return `${path === "" ? "arguments" : path}: ${outOfRange(issue, published) ?? problemIn(issue)}`;
}

/** The fields that an issue is about. */
export function fieldsOf(issue: z.core.$ZodIssue): string[] {
  const inner = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return inner.map((path) => path.join(".") || "arguments");
}

/** Both ends, so that the next try fits. */
function outOfRange({ code, path }: z.core.$ZodIssue, published: JsonSchema): string | undefined {
  if (code !== "too_small" && code !== "too_big") return undefined;
  const { type, minimum, maximum } = propertiesOf(published, path.slice(0, -1))[String(path.at(-1))] ?? {};
  return type === "integer" ? `a whole number from ${minimum} to ${maximum} is expected` : undefined;
}

function problemIn(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `${expected[issue.expected] ?? issue.expected} is expected, not ${kindOf(issue.input)}`;
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? "must not be empty"
        : `at least ${issue.minimum}${unitOf(issue.origin)} expected`;
    case "too_big":
      return `at most ${issue.maximum}${unitOf(issue.origin)} allowed`;
    default:
      return issue.message;
  }
}

const expected: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return { string: "text", boolean: "true or false", object: "an object" }[String(typeof value)] ?? typeof value;
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters are";
  return origin === "array" ? " items are" : " is";
}
