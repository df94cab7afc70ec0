/** One member of a JSON object, with where its first token ends in the whole text. */
export interface Member {
  readonly name: string;
  /** As it stands in the text. */
  readonly raw: string;
  readonly start: number;
  readonly firstTokenEnd: number;
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The members of a JSON object that is known to be one; `offset` is where it begins in the whole text. */
export function membersOf(text: string, offset = 0): readonly Member[] {
  const tokens = tokensOf(text);
  const members: Member[] = [];
  for (let at = 1; at < tokens.length - 1; ) {
    const [name, first] = [tokens[at], tokens[at + 2]];
    if (name === undefined || first === undefined) break;
    const last = endOfValue(tokens, at + 2);
    const end = tokens[last]?.end ?? first.end;
    members.push({
      name: JSON.parse(name.text) as string,
      raw: text.slice(first.start, end),
      start: offset + first.start,
      firstTokenEnd: offset + first.end,
    });
    at = last + 2;
  }
  return members;
}

/** As the service turns any argument into text. */
export function asText(raw: string): string | undefined {
  if (raw === "null") return undefined;
  if (raw === "true" || raw === "false") return raw === "true" ? "True" : "False";
  return raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
}

const tokensOf = (text: string): readonly Token[] =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g)].map(({ 0: found, index }) => ({
    text: found,
    start: index,
    end: index + found.length,
  }));

function endOfValue(tokens: readonly Token[], first: number): number {
  let depth = 0;
  for (let at = first; at < tokens.length; at += 1) {
    const { text } = tokens[at] as Token;
    if (text === "{" || text === "[") depth += 1;
    if (text === "}" || text === "]") depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length - 1;
}
