import { z } from "zod";

/** The part of JSON Schema that our tools use; the catalog test holds every tool to it. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly [keyword: string]: unknown;
}

/** Converting a schema takes far longer than a call does, and clients ask for the list again and again. */
const converted = new WeakMap<z.ZodObject, JsonSchema>();

/** The JSON Schema that clients and models see. */
export function publishedSchema(schema: z.ZodObject): JsonSchema {
  const known = converted.get(schema);
  if (known !== undefined) return known;
  const { $schema: _dialect, ...published } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
  const result = published as JsonSchema;
  converted.set(schema, result);
  return result;
}

/** The properties of the object at `path`; none where there is no such object. */
export function propertiesOf(schema: JsonSchema, path: readonly PropertyKey[]): Readonly<Record<string, JsonSchema>> {
  const inner = path.reduce<JsonSchema>((outer, name) => outer.properties?.[String(name)] ?? {}, schema);
  return inner.properties ?? {};
}
