import { errands, type PromptFacts } from "./prompt-facts.ts";
import { salientWords, stemOf } from "./words.ts";

export interface TextLimits {
  readonly format?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
}

/** Text for the argument `name`: by its format, as an id or a path, as what the prompt quotes or says beside the name, else the prompt's words. */
export function fillText(name: string, limits: TextLimits, facts: PromptFacts): string {
  const exact = fillFormat(limits.format, facts) ?? fillName(name, facts);
  if (exact !== undefined) return exact;
  const beside = facts.quotes.shift() ?? (isSearch(name) ? undefined : wordBeside(name, facts.text));
  const written = isText(name) ? (facts.findings ?? facts.text) : undefined;
  const options = [beside, written, facts.words.slice(0, 8).join(" "), facts.text, `${facts.text} (rehearsal)`.trim()];
  const longEnough = options.find(
    (text) => text !== undefined && text !== "" && text.length >= (limits.minLength ?? 0),
  );
  return (longEnough ?? "rehearsal".padEnd(limits.minLength ?? 0, ".")).slice(0, limits.maxLength);
}

/** Dates are fixed where the prompt names none: a rehearsal gives the same answer tomorrow. */
function fillFormat(format: string | undefined, facts: PromptFacts): string | undefined {
  const [date = "2026-01-01"] = facts.dates;
  switch (format) {
    case "date":
      return date.slice(0, 10);
    case "date-time":
      return /T.*(Z|[+-]\d\d:\d\d)$/.test(date) ? date : `${date.slice(0, 10)}T00:00:00Z`;
    case "email":
      return facts.addresses[0] ?? "rehearsal@example.com";
    case "uri":
    case "url":
      return facts.links[0] ?? "https://example.com/";
    default:
      return undefined;
  }
}

/** Names of things are taken as they stand in the prompt. */
function fillName(name: string, facts: PromptFacts): string | undefined {
  if (isId(name)) return findId(name, facts);
  // In their order, so that a move has a source and a destination; the last one stays for whatever else asks.
  if (isPath(name)) return (facts.paths.length > 1 ? facts.paths.shift() : facts.paths[0]) ?? pathOfNothing;
  return undefined;
}

/** A folder: reading it shows what there is, and writing to it fails. */
const pathOfNothing = ".";

const isPath = (name: string): boolean =>
  /(path|file|file_?name|director(y|ies)|folder|source|destination)s?$/i.test(name);
export const isText = (name: string): boolean => /^(content|body|description|details|note|comment)s?$/i.test(name);
const isId = (name: string): boolean => /(^id|_id|Id|ID)$/.test(name);
const isSearch = (name: string): boolean => /^(q|query|search|question|prompt|text|message|input)/i.test(name);

/** An id of the prompt; one that holds the argument's noun first, so that `user_id` takes user-42 and not T-17. */
function findId(name: string, facts: PromptFacts): string {
  const noun = stemOf(name.replace(/[_-]?id$/i, ""));
  const ownId = facts.ids.find((id) => noun !== "" && id.toLowerCase().startsWith(noun));
  const [number] = facts.numbers;
  return ownId ?? facts.ids[0] ?? facts.addresses[0] ?? (number === undefined ? "rehearsal" : String(number));
}

/** "dataset sales", "dataset: sales" and "the sales dataset" all say `sales`. */
function wordBeside(name: string, text: string): string | undefined {
  const noun = stemOf(name);
  const words = text.match(/[\p{L}\p{N}_-]+/gu) ?? [];
  const at = words.findIndex((word) => stemOf(word) === noun);
  if (at < 0) return undefined;
  const says = (word: string | undefined) =>
    word !== undefined && salientWords(word).length > 0 && !errands.has(stemOf(word));
  return [words[at - 1], words[at + 1]].find(says);
}
