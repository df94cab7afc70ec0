export type JsonObject = Readonly<Record<string, unknown>>;

/** A schema as model APIs take it, or why none would. */
export type ModelSchema = { readonly schema: JsonObject } | { readonly problem: string };

/** Characters of a schema as JSON. It goes with every request, and the largest of public servers have a quarter of it. */
const maximumLength = 32 * 1024;

/** Levels of JSON, of which each level of a schema takes two. */
const maximumDepth = 40;

/** OpenAI refuses a function whose parameters have one of these at the root. */
const refusedAtRoot = ["anyOf", "oneOf", "allOf", "not", "enum"] as const;

/**
 * The schema of a foreign tool for a model API: passed through but for what is harmless to add. APIs refuse the whole
 * request for one bad schema, so a tool with a bad one has to stay away.
 */
export function modelSchema(given: unknown): ModelSchema {
  if (!isObject(given)) return { problem: "its input schema is no object" };
  if (isDeeper(given, maximumDepth)) return { problem: "its input schema is nested too deeply" };
  if (JSON.stringify(given).length > maximumLength) {
    return { problem: `its input schema is longer than ${maximumLength / 1024} KiB` };
  }
  const { $schema: _dialect, ...schema } = given;
  if (schema.type !== "object") return { problem: 'its input schema is not of type "object"' };
  const refused = refusedAtRoot.find((keyword) => keyword in schema);
  if (refused !== undefined) return { problem: `its input schema has ${refused} at the root` };
  const problem = problemIn(schema);
  return problem === undefined ? { schema: completed({ properties: {}, ...schema }) } : { problem };
}

/** Without recursion: the depth is what is not known yet. */
function isDeeper(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return false;
}

const schemaKeywords = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];
const listKeywords = ["anyOf", "oneOf", "allOf", "prefixItems"];
const mapKeywords = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];

/** The schemas directly inside a schema, by their JSON pointers from it. */
function innerSchemas(schema: JsonObject): readonly (readonly [pointer: string, inner: unknown])[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (schemaKeywords.includes(keyword)) return [[`/${keyword}`, value] as const];
    if (mapKeywords.includes(keyword) && isObject(value)) {
      return Object.entries(value).map(([name, inner]) => [`/${keyword}/${escaped(name)}`, inner] as const);
    }
    if (!listKeywords.includes(keyword) || !Array.isArray(value)) return [];
    return value.map((inner: unknown, index) => [`/${keyword}/${index}`, inner] as const);
  });
}

function problemIn(root: JsonObject): string | undefined {
  const checked = new Set<string>();
  // `open` are the places that lead here; a reference back to one of them has no end.
  const check = (schema: unknown, pointer: string, open: readonly string[]): string | undefined => {
    if (!isObject(schema)) return undefined;
    if ("properties" in schema && !isObject(schema.properties))
      return "its input schema has properties that are no object";
    if ("$dynamicRef" in schema || "$recursiveRef" in schema) return "its input schema refers to itself";
    const problem = "$ref" in schema ? follow(schema.$ref, pointer, open) : undefined;
    if (problem !== undefined) return problem;
    for (const [inner, value] of innerSchemas(schema)) {
      const found = check(value, pointer + inner, open);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const follow = (reference: unknown, from: string, open: readonly string[]): string | undefined => {
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference))
      return "its input schema refers to another document";
    const target = decoded(reference.slice(1));
    const path = [...open, from];
    if (path.some((place) => place === target || place.startsWith(`${target}/`)))
      return "its input schema refers to itself";
    const found = at(root, target);
    if (found === undefined) return "its input schema refers to something that is not in it";
    if (checked.has(target)) return undefined;
    checked.add(target);
    return check(found, target, path);
  };
  return check(root, "", []);
}

/** What stands at a JSON pointer (RFC 6901). */
function at(root: JsonObject, pointer: string): unknown {
  const steps = pointer.split("/").slice(1);
  return steps.reduce<unknown>((value, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return typeof value === "object" && value !== null && Object.hasOwn(value, name)
      ? (value as JsonObject)[name]
      : undefined;
  }, root);
}

function decoded(pointer: string): string {
  try {
    return decodeURIComponent(pointer);
  } catch {
    return pointer;
  }
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** An array without items is refused by OpenAI; items of any kind mean the same. */
function completed(schema: JsonObject): JsonObject {
  const isList = schema.type === "array" || (Array.isArray(schema.type) && schema.type.includes("array"));
  const complete = Object.entries(schema).map(([keyword, value]) => [keyword, completedIn(keyword, value)] as const);
  return { ...Object.fromEntries(complete), ...(isList && !("items" in schema) ? { items: {} } : {}) };
}

function completedIn(keyword: string, value: unknown): unknown {
  if (schemaKeywords.includes(keyword)) return isObject(value) ? completed(value) : value;
  if (listKeywords.includes(keyword) && Array.isArray(value)) {
    return value.map((inner: unknown) => (isObject(inner) ? completed(inner) : inner));
  }
  if (!mapKeywords.includes(keyword) || !isObject(value)) return value;
  const inner = Object.entries(value).map(([name, schema]) => [name, isObject(schema) ? completed(schema) : schema]);
  return Object.fromEntries(inner);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
