import type { z } from "zod";
import { invalid } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { describeIssue, fieldsOf } from "./describe-issue.ts";
import { type JsonSchema, publishedSchema } from "./published-schema.ts";

/**
 * Reads what a client sent as arguments. Clients send null for what they leave out, numbers and booleans as text, and
 * objects as JSON text; that is read as meant. Everything else that does not fit is one VALIDATION_ERROR that names
 * each field. The published schema stays strict: this leniency is nobody's invitation.
 */
export function readInput<Input extends z.ZodObject>(schema: Input, raw: unknown): z.output<Input> {
  const published = publishedSchema(schema);
  const result = schema.safeParse(asMeant(published, raw ?? {}), { reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues.map((issue) => describeIssue(issue, published));
  throw invalid(`The arguments do not fit: ${problems.join("; ")}.`, { fields: issues.flatMap(fieldsOf) });
}

/** Follows the schema and never the value, so a value that is nested without end is not followed. */
function asMeant(schema: JsonSchema, value: unknown): unknown {
  if (typeof value === "string") return fromText(schema, value);
  const { items, properties, required = [] } = schema;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => asMeant(items, item));
  if (typeof value !== "object" || value === null || properties === undefined) return value;
  const kept = Object.entries(value).filter(([name, inner]) => !isLeftOut(name, inner, required.includes(name)));
  return Object.fromEntries(kept.map(([name, inner]) => [name, asMeant(properties[name] ?? {}, inner)]));
}

/** An empty id is one that was lost on its way: left out, it would mean another thing than was asked for. */
const isLeftOut = (name: string, value: unknown, isRequired: boolean): boolean =>
  !isRequired && (value === null || (value === "" && name !== "id"));

function fromText(schema: JsonSchema, text: string): unknown {
  switch (schema.type) {
    case "integer":
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "object":
    case "array": {
      const parsed = parseJson(text);
      return typeof parsed === "object" && parsed !== null ? asMeant(schema, parsed) : text;
    }
    default:
      return text;
  }
}
