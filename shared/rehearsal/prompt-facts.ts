import { salientWords, stemOf } from "./words.ts";

/** What a prompt offers for arguments. */
export interface PromptFacts {
  readonly text: string;
  readonly words: readonly string[];
  readonly stems: ReadonlySet<string>;
  /** Taken from the front as they are used, so that "2 and 3" fills two arguments. */
  readonly numbers: number[];
  readonly ids: readonly string[];
  readonly quotes: readonly string[];
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly dates: readonly string[];
}

export function findFacts(prompt: string): PromptFacts {
  const words = salientWords(prompt);
  const all = (pattern: RegExp): string[] => prompt.match(pattern) ?? [];
  return {
    text: prompt.trim(),
    words,
    stems: new Set(words.map(stemOf)),
    // Not the digits of ids, dates and times of day.
    numbers: all(/(?<![\w.:-])-?\d+(\.\d+)?(?![\w:-]|\.\d)/g).map(Number),
    // T-17, user_42, q4, a UUID.
    ids: all(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[a-z][a-z_-]*\d[\w-]*/gi),
    quotes: [...prompt.matchAll(/["“”«»]([^"“”«»]+)["“”«»]/g)].map(([, quote = ""]) => quote.trim()),
    addresses: all(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g),
    links: all(/https?:\/\/[^\s"'<>)]+/g),
    dates: all(/\b\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?/g),
  };
}
