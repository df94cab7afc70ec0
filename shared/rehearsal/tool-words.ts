import type { ModelTool } from "../model/model.ts";
import { stemOf } from "./words.ts";

/** Stems of the words in a tool's name. */
interface ToolWords {
  readonly verb: string;
  readonly subjects: readonly string[];
  /** All tools of a server have these, so they say little about one of them. */
  readonly server: readonly string[];
}

/** `tickets__search_open` is the verb `search` about `open`, of `tickets`; a name of one word is verb and subject. */
export function nameOf(name: string): ToolWords {
  const [own = "", ...server] = name.split("__").reverse();
  const [verb = "", ...rest] = wordsOfName(own);
  const subjects = rest.length > 0 ? rest : [verb];
  return { verb, subjects, server: server.flatMap(wordsOfName).filter((word) => !subjects.includes(word)) };
}

export function wordsInName({ name }: ModelTool): readonly string[] {
  const { verb, subjects, server } = nameOf(name);
  return [verb, ...subjects, ...server];
}

/** True for a tool whose name says that it changes something: all that a model is told about that. */
export const changesSomething = ({ name }: { readonly name: string }): boolean => changingVerbs.has(nameOf(name).verb);

/** The verb of a tool, and how people say it. */
export function saidVerbs({ name }: ModelTool): readonly string[] {
  const { verb } = nameOf(name);
  return [verb, ...(sayings.get(verb) ?? [])];
}

const wordsOfName = (name: string): string[] =>
  name
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map(stemOf);

const changingVerbs: ReadonlySet<string> = new Set(
  (
    "add append approve assign cancel change close continue copy create decide delete deny drop edit execute insert make " +
    "merge move patch pause post publish put remove rename replace reply reset resume run save schedule send set start " +
    "stop submit toggle trigger update upload write"
  )
    .split(" ")
    .map(stemOf),
);

const sayings: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    write: ["save", "put", "create", "make"],
    create: ["add", "make"],
    delete: ["remove", "erase"],
    remove: ["delete", "erase"],
    update: ["change", "edit"],
    edit: ["change", "update"],
    move: ["rename"],
  }).map(([verb, words]) => [stemOf(verb), words.map(stemOf)]),
);
