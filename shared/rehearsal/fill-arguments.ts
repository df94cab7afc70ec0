import { z } from "zod";
import { fillText, isText } from "./fill-text.ts";
import { type Circumstances, findFacts, type PromptFacts } from "./prompt-facts.ts";
import { stemOf, stemsOf } from "./words.ts";

/**
 * Arguments for a tool out of the words of a prompt: whatever the JSON Schema requires, a `query`, and those optional
 * choices whose word the prompt says. Never throws; a schema of a kind unknown here gets text.
 */
export function fillArguments(
  schema: unknown,
  prompt: string,
  circumstances?: Circumstances,
): Readonly<Record<string, unknown>> {
  const node = parseNode(schema);
  const facts = findFacts(prompt, circumstances);
  // With a text beside it, a path is where that is to be written.
  const writes = facts.target !== undefined && Object.keys(node.properties).some(isText);
  return fillObject(node, writes ? { ...facts, paths: [facts.target] } : facts, 0);
}

function fillObject(node: SchemaNode, facts: PromptFacts, depth: number): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(node.properties)) {
    const inner = parseNode(property);
    const isWanted = node.required.includes(name) || name === "query" || saidChoice(inner, facts) !== undefined;
    if (isWanted) filled[name] = fillValue(name, inner, facts, depth + 1);
  }
  return filled;
}

function fillValue(name: string, node: SchemaNode, facts: PromptFacts, depth: number): unknown {
  if (node.const !== undefined) return node.const;
  if (node.enum.length > 0) return saidChoice(node, facts) ?? node.enum[0];
  const variant = [...node.anyOf, ...node.oneOf].map(parseNode).find(({ type }) => type !== "null");
  if (variant !== undefined && depth < maximumDepth) return fillValue(name, variant, facts, depth + 1);
  switch (node.type) {
    case "integer":
    case "number":
      return fillNumber(node, facts);
    case "boolean":
      return false;
    case "array":
      return depth < maximumDepth ? [fillValue(name, parseNode(node.items), facts, depth + 1)] : [];
    case "object":
      return depth < maximumDepth ? fillObject(node, facts, depth) : {};
    default:
      return fillText(name, node, facts);
  }
}

/** Deep enough for real tools; a schema that refers to itself has to end. */
const maximumDepth = 6;

/** The choice that is said first. `in_progress` is said by "in progress" and by "progress". */
function saidChoice(node: SchemaNode, facts: PromptFacts): unknown {
  const wordsOf = (choice: string) => [stemOf(choice), ...stemsOf(choice.replaceAll("_", " "))];
  const choices = node.enum.filter((choice) => typeof choice === "string");
  const said = [...facts.stems].find((word) => choices.some((choice) => wordsOf(choice).includes(word)));
  return said === undefined ? undefined : choices.find((choice) => wordsOf(choice).includes(said));
}

/** The next number of the prompt, kept within the schema's limits. */
function fillNumber(node: SchemaNode, facts: PromptFacts): number {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = node;
  const found = facts.numbers.shift() ?? Math.max(1, minimum);
  const whole = node.type === "integer" ? Math.round(found) : found;
  return Math.min(maximum, Math.max(minimum, whole));
}

/** The few words of JSON Schema that matter here; anything else in a schema is skipped, anything odd reads as absent. */
const nodeSchema = z.object({
  type: z
    .union([z.string(), z.array(z.string()).transform((types) => types.find((type) => type !== "null"))])
    .optional()
    .catch(undefined),
  properties: z.record(z.string(), z.unknown()).catch({}),
  required: z.array(z.string()).catch([]),
  enum: z.array(z.unknown()).catch([]),
  anyOf: z.array(z.unknown()).catch([]),
  oneOf: z.array(z.unknown()).catch([]),
  const: z.unknown().optional(),
  items: z.unknown().optional(),
  format: z.string().optional().catch(undefined),
  minimum: z.number().optional().catch(undefined),
  maximum: z.number().optional().catch(undefined),
  minLength: z.number().optional().catch(undefined),
  maxLength: z.number().optional().catch(undefined),
});

type SchemaNode = z.output<typeof nodeSchema>;

const parseNode = (schema: unknown): SchemaNode => nodeSchema.safeParse(schema).data ?? nodeSchema.parse({});
