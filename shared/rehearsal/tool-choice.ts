import type { ModelTool } from "../model/model.ts";
import { stemOf, stemsOf } from "./words.ts";

/**
 * The tools that fit a prompt best, best first, at most `limit`. A further tool must fit words that the ones before it
 * left over; among equals the order of the list decides.
 */
export function chooseTools(prompt: string, tools: readonly ModelTool[], limit: number): readonly ModelTool[] {
  const words = new Set(stemsOf(prompt));
  const chosen: ModelTool[] = [];
  while (chosen.length < limit) {
    const best = bestTool(
      prompt,
      words,
      tools.filter((tool) => !chosen.includes(tool)),
      chosen.length > 0,
    );
    if (best === undefined) break;
    chosen.push(best);
    for (const word of nameOf(best).subjects) words.delete(word);
  }
  return chosen;
}

function bestTool(
  prompt: string,
  words: ReadonlySet<string>,
  tools: readonly ModelTool[],
  onlyByName: boolean,
): ModelTool | undefined {
  let best: { tool: ModelTool; score: number } | undefined;
  for (const tool of tools) {
    const score = scoreOf(tool, prompt, words, onlyByName);
    if (score > (best?.score ?? 0)) best = { tool, score };
  }
  return best?.tool;
}

function scoreOf(tool: ModelTool, prompt: string, words: ReadonlySet<string>, onlyByName: boolean): number {
  if (tool.name === quietTool) return 0;
  if (namedIn(prompt, tool.name)) return 100;
  const { verb, subjects } = nameOf(tool);
  const saysVerb = words.has(verb);
  // A rehearsal changes something only when the prompt says so in the tool's own word.
  if (changingVerbs.has(verb) && !saysVerb) return 0;
  const fromName = 3 * subjects.filter((word) => words.has(word)).length;
  const fromDescription = stemsOf(tool.description).filter((word) => words.has(word)).length;
  if (fromName === 0 && (onlyByName || fromDescription < 2)) return 0;
  return fromName + (saysVerb ? 1 : 0) + Math.min(2, fromDescription);
}

/** The engine's tool that ends a run silently: a rehearsal always has to report that it was one. */
const quietTool = "nothing_to_report";

const namedIn = (prompt: string, name: string): boolean =>
  /[_\W\d]/.test(name) && prompt.toLowerCase().includes(name.toLowerCase());

/** `tickets__search_open` is the verb `search` about `tickets` and `open`; a name of one word is both. */
function nameOf(tool: ModelTool): { verb: string; subjects: readonly string[] } {
  const [own = "", ...server] = tool.name.split("__").reverse();
  const [verb = "", ...rest] = wordsOfName(own);
  return { verb, subjects: [...(rest.length > 0 ? rest : [verb]), ...server.flatMap(wordsOfName)] };
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
    "post publish put remove rename replace reset resume run save schedule send set start stop submit trigger update upload write"
  )
    .split(" ")
    .map(stemOf),
);
