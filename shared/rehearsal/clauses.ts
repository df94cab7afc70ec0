import { salientWords, stemOf } from "./words.ts";

/**
 * The errands of a prompt, in their order: "Read a.txt and b.txt, then write c.md" has two. What is forbidden belongs to
 * none, and what is quoted stays whole. `verbs`: stems of the words that begin one.
 */
export function clausesIn(prompt: string, verbs: ReadonlySet<string>): readonly string[] {
  const clauses: string[] = [];
  for (const part of partsOf(prompt)) {
    const [first = ""] = salientWords(part);
    const goesOn = clauses.length > 0 && !verbs.has(stemOf(first));
    if (goesOn) clauses.push(`${clauses.pop()} ${part}`);
    else clauses.push(part);
  }
  return clauses.map((clause) => clause.trim()).filter((clause) => clause !== "");
}

/** Each with the mark or the word that ends it, so that put together again they are what was said. */
function partsOf(prompt: string): readonly string[] {
  const shape = prompt.replace(/["“”«»][^"“”«»]+["“”«»]/g, (quote) => "x".repeat(quote.length));
  let said = prompt;
  for (const { 0: words, index } of shape.matchAll(forbidden)) {
    said = said.slice(0, index) + " ".repeat(words.length) + said.slice(index + words.length);
  }
  const ends = [...shape.matchAll(boundary)].map(({ 0: mark, index }) => index + mark.length);
  return [0, ...ends].map((start, index) => said.slice(start, ends[index]));
}

const forbidden = /\b(do not|don['’]t|never|without|instead of)\b[^.,;:!?\n]*/gi;

const boundary = /[.;:!?]+(?=\s)|,(?=\s)|\n|\b(and|then|but)\b/gi;
