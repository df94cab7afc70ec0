/** The candidate that somebody most likely meant by a misspelt name; undefined when none is near. The first among equals. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name);
  const most = Math.ceil(wanted.length / 4);
  const found = candidates.map((candidate) => ({ candidate, steps: stepsBetween(wanted, plain(candidate)) }));
  const [best] = found.toSorted((left, right) => left.steps - right.steps);
  return wanted !== "" && best !== undefined && best.steps <= most ? best.candidate : undefined;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Letters to add, to drop or to replace (Levenshtein). */
function stepsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...left].entries()) {
    const next = [above + 1];
    for (const [index, other] of [...right].entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
