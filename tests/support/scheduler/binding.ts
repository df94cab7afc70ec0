import { asText, type Member, membersOf } from "./json-members.ts";
import { parseIso } from "./time.ts";

/** How the service reads a request body into a type of its own. */
export interface Shape {
  readonly type: string;
  readonly fields: readonly Field[];
}

interface Field {
  readonly name: string;
  readonly kind: "string" | "time" | "map" | Shape;
  /** Must be there, and must not be null. */
  readonly isRequired?: true;
}

export type Bound = Readonly<Record<string, string | undefined | ReadonlyMap<string, string> | BoundObject>>;
export interface BoundObject {
  readonly [name: string]: string | undefined;
}

export type Errors = Readonly<Record<string, readonly string[]>>;

/** A body that the service does not take, with its words under the path at which it stopped. */
class Unbound extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** @returns what was read (maps as texts), or the errors of the problem to answer. */
export function bind(text: string, shape: Shape): { readonly value: Bound } | { readonly errors: Errors } {
  try {
    const value = readShape(text, shape);
    const missing = shape.fields.filter(({ name, isRequired }) => isRequired && value[name] === undefined);
    if (missing.length === 0) return { value };
    return { errors: Object.fromEntries(missing.map(({ name }) => [pascal(name), [required(pascal(name))]])) };
  } catch (error) {
    if (!(error instanceof Unbound)) throw error;
    const [own, request] = [{ [error.path]: [error.message] }, { request: [required("request")] }];
    return { errors: error.path.startsWith("$.") ? { ...request, ...own } : { ...own, ...request } };
  }
}

const required = (name: string): string => `The ${name} field is required.`;

const pascal = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

function readShape(text: string, shape: Shape): Bound {
  const parsed = parse(text);
  if (parsed === null) throw new Unbound("", "A non-empty request body is required.");
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw new Unbound("$", wrongType(shape.type, "$", text, 1));
  return readMembers(text, membersOf(text), shape, "$");
}

function parse(text: string): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    const name = /"([^"]*)":\s*$/.exec(text)?.[1];
    const path = name === undefined ? "$" : `$.${name}`;
    const words =
      "Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that";
    throw new Unbound(path, `${words} should be closed. ${placeOf(path, text, text.length)}`);
  }
}

function readMembers(text: string, members: readonly Member[], { type, fields }: Shape, path: string): Bound {
  const value: Record<string, Bound[string]> = {};
  const found = new Set<string>();
  for (const member of members) {
    const field = fields.find(({ name }) => name.toLowerCase() === member.name.toLowerCase());
    if (field === undefined) continue;
    found.add(field.name);
    value[field.name] = readField(text, member, field, `${path}.${field.name}`);
  }
  const missing = fields
    .filter(({ name, isRequired }) => isRequired && !found.has(name))
    .map(({ name }) => `'${name}'`);
  if (missing.length === 0) return value;
  const words = `JSON deserialization for type '${type}' was missing required properties including:`;
  throw new Unbound(path, `${words} ${missing.join(", ")}.`);
}

const dictionary = "System.Collections.Generic.Dictionary`2[System.String,System.Object]";

function readField(text: string, { raw, start, firstTokenEnd }: Member, { kind }: Field, path: string): Bound[string] {
  const refuse = (type: string) => new Unbound(path, wrongType(type, path, text, firstTokenEnd));
  if (kind === "string") {
    if (raw === "null") return undefined;
    if (!raw.startsWith('"')) throw refuse("System.String");
    return asText(raw);
  }
  if (kind === "time") {
    const said = raw.startsWith('"') ? asText(raw) : undefined;
    if (said === undefined || parseIso(said) === undefined) throw refuse("System.DateTime");
    return said;
  }
  if (raw === "null") return undefined;
  if (!raw.startsWith("{")) throw refuse(kind === "map" ? dictionary : kind.type);
  const members = membersOf(raw, start);
  if (kind !== "map") return readMembers(text, members, kind, path) as BoundObject;
  return new Map(members.map((member) => [member.name, member.raw]));
}

const wrongType = (type: string, path: string, text: string, end: number): string =>
  `The JSON value could not be converted to ${type}. ${placeOf(path, text, end)}`;

function placeOf(path: string, text: string, end: number): string {
  const lines = text.slice(0, end).split("\n");
  const inLine = Buffer.byteLength(lines.at(-1) ?? "");
  return `Path: ${path} | LineNumber: ${lines.length - 1} | BytePositionInLine: ${inLine}.`;
}
