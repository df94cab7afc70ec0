import type { ModelTool } from "../model/model.ts";
import { saidPaths } from "./paths.ts";
import { quietTool } from "./quiet-end.ts";
import { stemOf, stemsOf } from "./words.ts";

/**
 * The tools that fit a prompt best, best first, at most `limit`. A further tool must fit words that the ones before it
 * left over; among equals the order of the list decides.
 */
export function chooseTools(prompt: string, tools: readonly ModelTool[], limit: number): readonly ModelTool[] {
  const said = instructionsIn(prompt);
  const words = new Set(stemsOf(said));
  const chosen: ModelTool[] = [];
  while (chosen.length < limit) {
    const best = bestTool(
      said,
      words,
      tools.filter((tool) => !chosen.includes(tool)),
      chosen.length > 0,
    );
    if (best === undefined) break;
    chosen.push(best);
    const { verb, subjects, server } = nameOf(best);
    for (const word of [...subjects, ...server, ...otherVerbs(verb)]) words.delete(word);
  }
  return chosen;
}

/** Stems of the words in a tool's name. */
export function wordsInName(tool: ModelTool): readonly string[] {
  const { verb, subjects, server } = nameOf(tool);
  return [verb, ...subjects, ...server];
}

/** True for a tool whose name says that it changes something: all that a model is told about that. */
export const changesSomething = (tool: ModelTool): boolean => changingVerbs.has(nameOf(tool).verb);

/** The prompt without what it only quotes and what it forbids; a path stands for a file. */
function instructionsIn(prompt: string): string {
  const paths = saidPaths(prompt).reduce((text, path) => text.replaceAll(path, " file "), prompt);
  return paths
    .replace(/https?:\/\/\S+/g, " ")
    .replace(/["“”«»][^"“”«»]+["“”«»]/g, (quote) => (quote.trim().includes(" ") ? " " : quote))
    .replace(/\b(do not|don['’]t|never|without|instead of)\b[^.,;:!?\n]*/gi, " ");
}

function bestTool(
  said: string,
  words: ReadonlySet<string>,
  tools: readonly ModelTool[],
  onlyByName: boolean,
): ModelTool | undefined {
  let best: { tool: ModelTool; score: number } | undefined;
  for (const tool of tools) {
    const score = scoreOf(tool, said, words, onlyByName);
    if (score > (best?.score ?? 0)) best = { tool, score };
  }
  return best?.tool;
}

function scoreOf(tool: ModelTool, said: string, words: ReadonlySet<string>, onlyByName: boolean): number {
  if (tool.name === quietTool) return 0;
  if (namedIn(said, tool.name)) return 100;
  const { verb, subjects, server } = nameOf(tool);
  const saysVerb = [verb, ...otherVerbs(verb)].some((word) => words.has(word));
  // A rehearsal changes something only when the prompt says so in the tool's own word.
  if (changingVerbs.has(verb) && !saysVerb) return 0;
  const count = (names: readonly string[]) => names.filter((word) => words.has(word)).length;
  const fromName = 3 * count(subjects) + count(server);
  const fromDescription = count(stemsOf(tool.description));
  if (fromName === 0 && (onlyByName || fromDescription < 2)) return 0;
  // Among tools that fit, the plainest: `list_directory` before `list_directory_with_sizes`, `text` before `media`.
  const unsaid = subjects.filter((word) => !words.has(word) && word !== "text").length;
  const isOld = /\bdeprecated\b/i.test(tool.description);
  return fromName + (saysVerb ? 3 : 0) + Math.min(2, fromDescription) - unsaid / 4 - (isOld ? 1 : 0);
}

const namedIn = (prompt: string, name: string): boolean =>
  /[_\W\d]/.test(name) && prompt.toLowerCase().includes(name.toLowerCase());

interface ToolWords {
  readonly verb: string;
  readonly subjects: readonly string[];
  /** All tools of a server have these, so they say little about one of them. */
  readonly server: readonly string[];
}

/** `tickets__search_open` is the verb `search` about `open`, of `tickets`; a name of one word is verb and subject. */
function nameOf(tool: ModelTool): ToolWords {
  const [own = "", ...server] = tool.name.split("__").reverse();
  const [verb = "", ...rest] = wordsOfName(own);
  const subjects = rest.length > 0 ? rest : [verb];
  return { verb, subjects, server: server.flatMap(wordsOfName).filter((word) => !subjects.includes(word)) };
}

const wordsOfName = (name: string): string[] =>
  name
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map(stemOf);

const changingVerbs: ReadonlySet<string> = new Set(
  (
    "add approve assign cancel change close continue create decide delete deny drop edit execute insert merge move patch pause " +
    "post publish put remove rename replace reset resume run save schedule send set start stop submit toggle trigger update upload write"
  )
    .split(" ")
    .map(stemOf),
);

/** How people say what tools call by another verb. */
const otherVerbs = (verb: string): readonly string[] => sayings.get(verb) ?? [];

const sayings: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    write: ["save", "put"],
    create: ["add"],
    delete: ["remove", "erase"],
    remove: ["delete", "erase"],
    update: ["change", "edit"],
    edit: ["change", "update"],
    move: ["rename"],
  }).map(([verb, words]) => [stemOf(verb), words.map(stemOf)]),
);
