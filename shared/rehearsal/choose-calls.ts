import type { ModelTool } from "../model/model.ts";
import { fillArguments } from "./fill-arguments.ts";
import { asksForQuiet, foundNothing, quietTool } from "./quiet-end.ts";
import type { Turn } from "./read-turn.ts";
import { asksAboutThePast, referredTo } from "./references.ts";
import { writeFindings } from "./rehearsal-answer.ts";
import { chooseTools, type FittingTool } from "./tool-choice.ts";
import { changesSomething, wordsInName } from "./tool-words.ts";
import { wishedSchedule } from "./wished-schedule.ts";

/** Tools of one kind (reading, changing) that a rehearsal calls for a prompt: enough to show the loop, few to read. */
const maximumCalls = 2;

/** Asked for by a time, it is all that is called: the rest of the prompt is for the runs. */
const planningTool = "schedule_conversation";

export interface ChosenCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

/**
 * The calls that come next: what is to be read at once, then, one after the other, what is to be changed, with what was
 * read. None when it is time for the answer.
 */
export function chooseCalls(turn: Turn, offered: readonly ModelTool[]): readonly ChosenCall[] {
  const called = new Set(turn.outcomes.map(({ name }) => name));
  if (called.has(quietTool)) return [];
  const wished = offered.some(({ name }) => name === planningTool) ? wishedSchedule(turn.prompt) : undefined;
  if (wished !== undefined) {
    return called.has(planningTool) ? [] : [{ name: planningTool, arguments: JSON.stringify(wished) }];
  }
  const open = fittingTools(turn, offered).filter(({ tool }) => !called.has(tool.name));
  const readings = open.filter(({ tool }) => !changesSomething(tool));
  const next = readings.length > 0 ? readings : open.slice(0, 1);
  if (next.length > 0)
    return next.map((fitting) => ({ name: fitting.tool.name, arguments: argumentsFor(fitting, turn) }));
  return endsQuietly(turn, offered) ? [{ name: quietTool, arguments: JSON.stringify({ reason: quietReason }) }] : [];
}

/** Tools whose words the prompt says; for "and the closed ones?" those that were called for what it refers to. */
function fittingTools(turn: Turn, offered: readonly ModelTool[]): readonly FittingTool[] {
  if (asksAboutThePast(turn)) return [];
  const fitting = chooseTools(turn.prompt, offered, maximumCalls);
  if (fitting.length > 0) return fitting;
  const names = referredTo(turn)?.outcomes.map(({ name }) => name) ?? [];
  // What was changed once is changed again only when that is said.
  const again = offered.filter((tool) => names.includes(tool.name) && !changesSomething(tool));
  const knows = (tool: ModelTool) => wordsInName(tool).includes("knowledg");
  const fallback = again.length === 0 && isQuestion(turn.prompt) ? offered.filter(knows) : again;
  return fallback.slice(0, maximumCalls).map((tool) => ({ tool, asked: turn.prompt }));
}

const isQuestion = (prompt: string): boolean => prompt.trim().endsWith("?");

/** The words of the prompt stand before those of what it refers to, so that "the closed ones" wins over "open". */
function argumentsFor({ tool, asked }: FittingTool, turn: Turn): string {
  const meant = referredTo(turn);
  const text = meant === undefined ? asked : `${asked} ${meant.prompt}`;
  const outcomes = turn.outcomes.length > 0 ? turn.outcomes : (meant?.outcomes ?? []);
  const read = outcomes.filter((outcome) => !changesSomething(outcome));
  const findings = read.length > 0 ? writeFindings(read) : turn.prompt;
  return JSON.stringify(fillArguments(tool.parameters, text, { findings, toolWords: wordsInName(tool) }));
}

const endsQuietly = ({ prompt, outcomes }: Turn, offered: readonly ModelTool[]): boolean =>
  asksForQuiet(prompt) && foundNothing(outcomes) && offered.some(({ name }) => name === quietTool);

const quietReason = "This is a rehearsal: no model was called, and the tools found nothing.";
