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
  /** Where something is to be written: b.md in "write a.txt to b.md". */
  readonly target: string | undefined;
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
  const addresses = prompt.match(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g) ?? [];
  const said = salientWords([...paths, ...addresses].reduce((text, name) => text.replaceAll(name, " "), prompt));
  const subject = said.filter((word) => !toolWords.includes(stemOf(word)) && !errands.has(stemOf(word)));
  const all = (pattern: RegExp): string[] => prompt.match(pattern) ?? [];
  return {
    text: prompt.trim(),
    words: subject.length > 0 ? subject : (topicIn(prompt) ?? said),
    stems: new Set(salientWords(prompt).map(stemOf)),
    // Not the digits of ids, dates and times of day.
    numbers: all(/(?<![\w.:-])-?\d+(\.\d+)?(?![\w:-]|\.\d)/g).map(Number),
    // T-17, user_42, q4, a UUID.
    ids: all(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[a-z][a-z_-]*\d[\w-]*/gi),
    quotes: [...prompt.matchAll(/["“”«»]([^"“”«»]+)["“”«»]/g)].flatMap(([, quote = ""]) =>
      paths.includes(quote.trim()) ? [] : [quote.trim()],
    ),
    paths: [...paths],
    target: saidTarget(prompt, paths),
    addresses,
    links: all(/https?:\/\/[^\s"'<>)]+/g),
    dates: all(/\b\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?/g),
    findings,
  };
}

function saidTarget(prompt: string, paths: readonly string[]): string | undefined {
  const standsAfter = (words: string) => {
    const before = new RegExp(`\\b(${words}) ((the|a|my|our|new|file|named|called) )*["“«]?$`, "i");
    return paths.find((path) => before.test(prompt.slice(0, prompt.indexOf(path))));
  };
  return standsAfter("to|into|as") ?? standsAfter("write|save|create|put");
}

/** What stands after "for" and "about", as it is said: "on call", which has no word that says anything by itself. */
function topicIn(prompt: string): readonly string[] | undefined {
  const [topic = ""] = prompt.match(/(?<=\b(?:for|about) )[^.,;:!?\n"]+/i) ?? [];
  const words = topic.replace(/\b(and|then|but)\b.*$/i, "").match(/[\p{L}\p{N}-]+/gu) ?? [];
  return salientWords(words.join(" ")).length > 0 ? words : undefined;
}

/** Stems of words by which a prompt asks for something and that are not what it is about. */
export const errands: ReadonlySet<string> = new Set(
  "answer ask call check compare file find get list look name put query read report save say search show summarise tell write"
    .split(" ")
    .map(stemOf),
);
