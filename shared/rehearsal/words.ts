/** The words of a text that say something about its subject, as written, in their order, each once. */
export function salientWords(text: string): readonly string[] {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words)].filter((word) => word.length > 1 && !fillers.has(word.toLowerCase()));
}

/** A word without the endings that differ between a prompt and a tool's name: tickets, creating, opened. */
export function stemOf(word: string): string {
  const singular = word
    .toLowerCase()
    .replace(/ies$/, "y")
    .replace(/(?<=[^s]{3})s$/, "");
  return singular.length > 4 ? singular.replace(/(ing|ed|e)$/, "") : singular;
}

export const stemsOf = (text: string): readonly string[] => [...new Set(salientWords(text).map(stemOf))];

const fillers: ReadonlySet<string> = new Set(
  (
    "about after afterwards all also an and any are as at be been before by can could day did do does each every finally for from give has have " +
    "how if in into is it its let many me more most much my new no not now of on one or our out please should so some than " +
    "that the their them then there these they this those to today tool tools up us use used was we week were what when " +
    "where which who why will with would you your"
  ).split(" "),
);
