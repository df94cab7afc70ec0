/** A tool that was called for the prompt; no result means that the call never got one. */
export interface ToolOutcome {
  readonly name: string;
  readonly result: string | undefined;
}

/** The end of a rehearsal: says first that it is one, then what was asked and what the tools returned, briefly. */
export function writeAnswer(prompt: string, outcomes: readonly ToolOutcome[]): string {
  const reports = outcomes.length === 0 ? ["No tool fitted the words of the prompt."] : outcomes.map(describeOutcome);
  return [
    "This is a rehearsal answer: no model was called.",
    `The prompt was: ${JSON.stringify(shorten(prompt, 120))}.`,
    ...reports,
    "Configure a model to get a real answer.",
  ].join("\n");
}

function describeOutcome({ name, result }: ToolOutcome): string {
  if (result === undefined) return `${name} has not returned anything.`;
  const text = shorten(inWords(result), 300);
  if (text === "") return `${name} returned nothing.`;
  return isFailure(result) ? `${name} failed: ${text}` : `${name} returned: ${text}`;
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

/** The model port carries a tool's text only, so a failure is known by the error envelope or by its first word. */
const isFailure = (result: string): boolean => /^\s*(\{\s*"error"\s*:\s*"|error\b)/i.test(result);

function shorten(text: string, limit: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).trimEnd()}…`;
}
