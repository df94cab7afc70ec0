import type { JsonSchema } from "../../shared/catalog/published-schema.ts";

/**
 * What a published input schema may not hold: each of these made a real client or model API drop the tool, or the
 * whole session. Answers one line for each offence, with its place.
 */
export function offences(schema: JsonSchema): string[] {
  const atRoot = ["anyOf", "oneOf", "allOf"]
    .filter((keyword) => keyword in schema)
    .map((keyword) => `${keyword} at the root`);
  return [...atRoot, ...offencesAt("", schema)];
}

const forbidden = ["oneOf", "const", "format", "default", "patternProperties", "propertyNames", "$ref"];

function offencesAt(place: string, schema: JsonSchema): string[] {
  const { type, properties = {}, items } = schema;
  const found = forbidden.filter((keyword) => keyword in schema);
  if (Array.isArray(type)) found.push("type array");
  if (/\(\?[=!<]/.test(String(schema.pattern ?? ""))) found.push("look-ahead");
  if (type === "object" && schema.additionalProperties !== false && !isMap(schema)) found.push("additionalProperties");
  if (type === "array" && items === undefined) found.push("array without items");
  if ((type === "integer" || type === "number") && !isBounded(schema)) found.push("unbounded number");
  return [
    ...found.map((offence) => `${offence} in ${place || "the root"}`),
    ...Object.entries(properties).flatMap(([name, inner]) => fieldOffences(`${place}.${name}`, inner)),
    ...(items === undefined ? [] : offencesAt(`${place}[]`, items)),
    ...((schema.anyOf as JsonSchema[] | undefined) ?? []).flatMap((inner) => offencesAt(`${place}|`, inner)),
  ];
}

function fieldOffences(place: string, schema: JsonSchema): string[] {
  const isDescribed = typeof schema.description === "string" && schema.description.length >= 10;
  return [...(isDescribed ? [] : [`no description in ${place}`]), ...offencesAt(place, schema)];
}

/** Names that only the caller knows, each with a value of a stated kind. */
const isMap = ({ properties, additionalProperties: value }: JsonSchema): boolean =>
  properties !== undefined &&
  Object.keys(properties).length === 0 &&
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length > 0;

/** The limits of exact numbers are what zod publishes for "no limit". */
const isBounded = ({ minimum, maximum }: JsonSchema): boolean =>
  typeof minimum === "number" &&
  typeof maximum === "number" &&
  minimum > Number.MIN_SAFE_INTEGER &&
  maximum < Number.MAX_SAFE_INTEGER;
