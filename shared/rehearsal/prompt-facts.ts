import { saidPaths } from "./paths.ts";
import { salientWords, stemOf } from "./words.ts";

/** What a prompt offers for arguments. */
export interface PromptFacts {
  readonly text: string;
  /** Those of its subject, without the ones that only say what to do and by which tool. */
  readonly words: readonly string[];
  readonly stems: ReadonlySet<string>;
  /** Taken from the front as they are used, so that "2 and 3" fills two arguments. */
  readonly numbers: number[];
  readonly ids: readonly string[];
  /** Taken from the front as they are used. Without paths, which are names. */
  readonly quotes: string[];
  /** Taken from the front as they are used. */
  readonly paths: string[];
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly dates: readonly string[];
  /** A text to write where the prompt does not say one. */
  readonly findings?: string | undefined;
}

/** What is known beside the prompt. */
export interface Circumstances {
  readonly findings?: string | undefined;
  /** Stems of the tool's name: "look into the knowledge base for refunds" is about refunds. */
  readonly toolWords?: readonly string[];
}

export function findFacts(prompt: string, { findings, toolWords = [] }: Circumstances = {}): PromptFacts {
  const paths = saidPaths(prompt);
  const said = salientWords(paths.reduce((text, path) => text.replaceAll(path, " "), prompt));
  const subject = said.filter((word) => !toolWords.includes(stemOf(word)) && !errands.has(stemOf(word)));
  const all = (pattern: RegExp): string[] => prompt.match(pattern) ?? [];
  return {
    text: prompt.trim(),
    words: subject.length > 0 ? subject : said,
    stems: new Set(salientWords(prompt).map(stemOf)),
    // Not the digits of ids, dates and times of day.
    numbers: all(/(?<![\w.:-])-?\d+(\.\d+)?(?![\w:-]|\.\d)/g).map(Number),
    // T-17, user_42, q4, a UUID.
    ids: all(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[a-z][a-z_-]*\d[\w-]*/gi),
    quotes: [...prompt.matchAll(/["“”«»]([^"“”«»]+)["“”«»]/g)].flatMap(([, quote = ""]) =>
      paths.includes(quote.trim()) ? [] : [quote.trim()],
    ),
    paths: [...paths],
    addresses: all(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g),
    links: all(/https?:\/\/[^\s"'<>)]+/g),
    dates: all(/\b\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?/g),
    findings,
  };
}

/** Words by which a prompt asks for something and that are not what it is about. */
const errands: ReadonlySet<string> = new Set(
  "answer ask call check compare file find get list look name put read report save say search show summarise tell write"
    .split(" ")
    .map(stemOf),
);
