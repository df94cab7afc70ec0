import type { Said, ToolOutcome, Turn } from "./read-turn.ts";
import { asksAboutThePast } from "./references.ts";

/** The end of a rehearsal: says first that it is one, then what was asked and what the tools returned, briefly. */
export function writeAnswer(turn: Turn): string {
  const { prompt, outcomes, earlier } = turn;
  return [
    "This is a rehearsal answer: no model was called.",
    `The prompt was: ${quote(prompt, 120)}.`,
    ...(earlier.length === 0 ? [] : [`Before that was said: ${earlier.slice(-3).map(recall).join("; ")}.`]),
    ...(asksAboutThePast(turn) || outcomes.length > 0 ? [] : ["No tool fitted the words of the prompt."]),
    ...outcomes.map(describeOutcome),
    "Configure a model to get a real answer.",
  ].join("\n");
}

/** What a rehearsal writes into a file, a ticket and the like when the prompt does not say it word for word. */
export const writeFindings = (outcomes: readonly ToolOutcome[]): string =>
  ["Written by a rehearsal: no model was called.", ...outcomes.map(describeOutcome)].join("\n");

/** A summary of a conversation, out of a request that holds it as text. */
export function writeSummary(conversation: string): string {
  const asked = [...conversation.matchAll(/^Asked: (.+)$/gm)].map(([, words = ""]) => quote(words, 80));
  return `This is a rehearsal summary: no model was called. What was asked: ${asked.slice(-10).join("; ")}.`;
}

function recall({ prompt, outcomes }: Said): string {
  const names = [...new Set(outcomes.map(({ name }) => name))];
  return names.length === 0 ? quote(prompt, 80) : `${quote(prompt, 80)}, for which I called ${names.join(" and ")}`;
}

function describeOutcome({ name, result, isError }: ToolOutcome): string {
  if (result === undefined) return `${name} has not returned anything.`;
  const text = shorten(inWords(result), 300);
  if (text === "") return `${name} returned nothing.`;
  if (isRefusal(result)) return `${name} was not called: ${text.replace(/^Not called: /, "")}`;
  return isError ? `${name} failed: ${text}` : `${name} returned: ${text}`;
}

/** JSON as "name: value" pairs, so that the data comes through and not the punctuation; other text as it is. */
function inWords(result: string): string {
  try {
    const value: unknown = JSON.parse(result);
    return typeof value === "object" && value !== null ? pairsOf(value).join("; ") : result;
  } catch {
    return result;
  }
}

/** What our own tools say about their answer is not the answer. */
const aboutTheAnswer = ["summary", "next_step"];

function pairsOf(value: object): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (typeof inner === "object" && inner !== null) return pairsOf(inner);
    return aboutTheAnswer.includes(name) ? [] : [`${name}: ${String(inner)}`];
  });
}

/** How the engine answers a call that was denied or could not be made. */
const isRefusal = (result: string): boolean => result.startsWith("Not called: ");

const quote = (text: string, limit: number): string => JSON.stringify(shorten(text, limit));

function shorten(text: string, limit: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).trimEnd()}…`;
}
