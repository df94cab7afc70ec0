import type { z } from "zod";
import { type JsonSchema, propertiesOf } from "./published-schema.ts";

/** One thing that is wrong with the arguments, in words that a person and a model can act on. Repeats no values. */
export function describeIssue(issue: z.core.$ZodIssue, published: JsonSchema): string {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((key) => JSON.stringify(key)).join(", ");
    const known = Object.keys(propertiesOf(published, issue.path)).join(", ");
    const elsewhere = issue.keys.flatMap((key) => placeOf(key, issue.path, published)).map((words) => `. ${words}`);
    return `unknown field ${unknown}${path === "" ? "" : ` in ${path}`}; known are ${known}${elsewhere.join("")}`;
  }
  if (issue.code === "invalid_type" && (issue.input ?? undefined) === undefined) return `${path} is missing`;
  return `${path === "" ? "arguments" : path}: ${outOfRange(issue, published) ?? problemIn(issue)}`;
}

/** Where a field belongs that is known one level up, or one level down. */
function placeOf(key: string, path: readonly PropertyKey[], published: JsonSchema): readonly string[] {
  const isIn = (place: readonly PropertyKey[]) => Object.hasOwn(propertiesOf(published, place), key);
  const said = JSON.stringify(key);
  if (path.length > 0) {
    return isIn(path.slice(0, -1)) ? [`${said} belongs one level up, beside ${String(path.at(-1))}`] : [];
  }
  return Object.keys(published.properties ?? {}).flatMap((outer) =>
    isIn([outer]) ? [`${said} belongs in ${outer}`] : [],
  );
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
    case "invalid_value":
      return choiceOf(issue);
    case "invalid_type":
      return otherType(issue);
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? "must not be empty"
        : `at least ${issue.minimum}${unitOf(issue.origin, issue.minimum)} expected`;
    case "too_big":
      return `at most ${issue.maximum}${unitOf(issue.origin, issue.maximum)} allowed`;
    default:
      return issue.message;
  }
}

/** `"http", "sse" or "stdio" is expected`. */
export function choiceOf({ values }: Pick<z.core.$ZodIssueInvalidValue, "values">): string {
  const quoted = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  const [last = "nothing", ...others] = quoted.toReversed();
  return `${others.length === 0 ? last : `${others.toReversed().join(", ")} or ${last}`} is expected`;
}

/** `text is expected, not a number`. */
export function otherType({ expected: type, input }: Pick<z.core.$ZodIssueInvalidType, "expected" | "input">): string {
  return `${expected[type] ?? type} is expected, not ${kindOf(input)}`;
}

const expected: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return { string: "text", boolean: "true or false", object: "an object" }[String(typeof value)] ?? typeof value;
}

function unitOf(origin: string, limit: number | bigint): string {
  const noun = { string: "character", array: "item" }[origin];
  if (noun === undefined) return " is";
  return Number(limit) === 1 ? ` ${noun} is` : ` ${noun}s are`;
}
