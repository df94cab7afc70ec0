/** One row of a Markdown table, cell by cell, without the blanks around them. */
export type TableRow = readonly string[];

/**
 * The rows of the first Markdown table under a heading such as `## Tools`, without its head. None when there is no such
 * heading, or no table before the next heading of that level.
 */
export function tableUnder(markdown: string, heading: string): readonly TableRow[] {
  const lines = markdown.split(/\r?\n/);
  const start = lines.indexOf(heading);
  if (start === -1) return [];
  const level = heading.slice(0, heading.indexOf(" ") + 1);
  const section = takeWhile(lines.slice(start + 1), (line) => !line.startsWith(level));
  const table = section.slice(section.findIndex(isRow));
  return takeWhile(table, isRow).slice(2).map(cellsOf);
}

/** The text of a cell that is all code: `` `NAME` ``. */
export const codeIn = (cell: string | undefined): string | undefined => /^`([^`]+)`$/.exec(cell ?? "")?.[1];

const isRow = (line: string): boolean => line.startsWith("|");

/** A bar inside a cell is written `\|`. */
const cellsOf = (line: string): TableRow =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

function takeWhile(lines: readonly string[], holds: (line: string) => boolean): readonly string[] {
  const end = lines.findIndex((line) => !holds(line));
  return end === -1 ? lines : lines.slice(0, end);
}
