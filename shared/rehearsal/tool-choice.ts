import type { ModelTool } from "../model/model.ts";
import { clausesIn } from "./clauses.ts";
import { withoutPaths } from "./paths.ts";
import { errands } from "./prompt-facts.ts";
import { quietTool } from "./quiet-end.ts";
import { changesSomething, nameOf, saidVerbs } from "./tool-words.ts";
import { stemsOf } from "./words.ts";

export interface FittingTool {
  readonly tool: ModelTool;
  /** The words of the prompt that its arguments come from, those that ask for it first. */
  readonly asked: string;
}

/**
 * The tools that fit a prompt: those that read, best first, then those that change something, in the order in which the
 * prompt asks for them; at most `limit` of each. Among equals the order of the list decides.
 */
export function chooseTools(prompt: string, tools: readonly ModelTool[], limit: number): readonly FittingTool[] {
  const clauses = clausesIn(prompt, new Set([...tools.flatMap(saidVerbs), ...errands]));
  const changing = chooseChanging(clauses, tools.filter(changesSomething)).slice(0, limit);
  const others = tools.filter((tool) => !changesSomething(tool));
  return [
    ...chooseReading(clauses, changing, others, limit),
    ...changing.map(({ tool, clause }) => ({
      tool,
      asked: [clause, ...clauses.filter((other) => other !== clause)].join(" "),
    })),
  ];
}

interface Change {
  readonly tool: ModelTool;
  readonly clause: string;
}

/** One for each clause, so that "Read the file a.txt and write a poem" writes no file. */
function chooseChanging(clauses: readonly string[], tools: readonly ModelTool[]): readonly Change[] {
  const chosen: Change[] = [];
  for (const clause of clauses) {
    const open = tools.filter((tool) => chosen.every((change) => change.tool !== tool));
    const best = bestTool(instructionsIn(clause), stemsOf(instructionsIn(clause)), open, false);
    if (best !== undefined) chosen.push({ tool: best, clause });
  }
  return chosen;
}

/** A further tool must fit words that the ones before it, and the changes, left over. */
function chooseReading(
  clauses: readonly string[],
  changing: readonly Change[],
  tools: readonly ModelTool[],
  limit: number,
): readonly FittingTool[] {
  const toRead = clauses.filter((clause) => changing.every((change) => change.clause !== clause));
  const leftOver = changing.map(leftBy);
  let words = [...new Set([...toRead.flatMap((clause) => stemsOf(instructionsIn(clause))), ...leftOver.flat()])];
  // The file that is to be written is not the one to read.
  const keepsPath = leftOver.some((left) => left.includes("file"));
  const asked =
    toRead.length > 0
      ? toRead.join(" ")
      : changing.map(({ clause }) => (keepsPath ? clause : withoutPaths(clause))).join(" ");
  const chosen: ModelTool[] = [];
  while (chosen.length < limit) {
    const open = tools.filter((tool) => !chosen.includes(tool));
    const best = bestTool(instructionsIn(asked), words, open, chosen.length > 0 || toRead.length === 0);
    if (best === undefined) break;
    chosen.push(best);
    const { subjects, server } = nameOf(best.name);
    const used = [...subjects, ...server, ...saidVerbs(best).slice(1)];
    words = words.filter((word) => !used.includes(word));
  }
  return chosen.map((tool) => ({ tool, asked }));
}

/** Words of its clause that a change does not use: the file in "Send a.txt to the desk". */
function leftBy({ tool, clause }: Change): readonly string[] {
  const { subjects, server } = nameOf(tool.name);
  const used = [...subjects, ...server, ...saidVerbs(tool)];
  return stemsOf(instructionsIn(clause)).filter((word) => !used.includes(word));
}

/** A clause without what it only quotes; a path stands for a file, an address for mail; a folder is a directory, a dataset data. */
function instructionsIn(clause: string): string {
  return withoutPaths(clause)
    .replace(/\b(folder|directory)\b/gi, "folder directory")
    .replace(/\bdatasets?\b/gi, "dataset data")
    .replace(/https?:\/\/\S+/g, " ")
    .replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, " email mail ")
    .replace(/["“”«»][^"“”«»]+["“”«»]/g, (quote) => (quote.trim().includes(" ") ? " " : quote));
}

function bestTool(
  said: string,
  words: readonly string[],
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

function scoreOf(tool: ModelTool, said: string, words: readonly string[], onlyByName: boolean): number {
  if (tool.name === quietTool) return 0;
  if (namedIn(said, tool.name)) return 100;
  const { subjects, server } = nameOf(tool.name);
  const saysVerb = saidVerbs(tool).some((word) => words.includes(word));
  const count = (names: readonly string[]) => names.filter((word) => words.includes(word)).length;
  // A rehearsal changes something only when the prompt says so in the tool's own word, and what.
  const changes = changesSomething(tool);
  if (changes && !saysVerb) return 0;
  const fromName = 3 * count(subjects) + (changes && count(subjects) === 0 ? 0 : count(server));
  const fromDescription = count(stemsOf(tool.description));
  if (fromName === 0 && (onlyByName || fromDescription < 2)) return 0;
  // Among tools that fit, the plainest: `list_directory` before `list_directory_with_sizes`, `text` before `media`.
  const unsaid = subjects.filter((word) => !words.includes(word) && word !== "text").length;
  const isOld = /\bdeprecated\b/i.test(tool.description);
  return fromName + (saysVerb ? 3 : 0) + Math.min(2, fromDescription) - unsaid / 4 - (isOld ? 1 : 0);
}

const namedIn = (prompt: string, name: string): boolean =>
  /[_\W\d]/.test(name) && prompt.toLowerCase().includes(name.toLowerCase());
