type JsonObject = Readonly<Record<string, unknown>>;

/** A tool with this input promises that a repeat with the same value does nothing twice. */
const keyInput = "idempotency_key";

/** The arguments with the call's own key, where the tool takes one as text and the model gave none. */
export function withIdempotencyKey(input: JsonObject, schema: JsonObject, key: string): JsonObject {
  const given = input[keyInput];
  const isGiven = given !== undefined && given !== null && given !== "";
  return isGiven || !takesKey(schema) ? input : { ...input, [keyInput]: key };
}

function takesKey({ properties }: JsonObject): boolean {
  const taken = isObject(properties) ? properties[keyInput] : undefined;
  return isObject(taken) && taken.type === "string";
}

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null;
