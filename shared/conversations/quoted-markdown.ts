/**
 * Text that others wrote, inside Markdown that we write. It can end neither its quote nor its fence, so nothing in it
 * passes for one of our own headings.
 */

/** A quotation that keeps the text's own lists and tables, but loads no picture and holds no HTML. */
export function quoted(text: string): string {
  const tame = text.replace(/<(?=[a-z/!?])/gi, "&lt;").replaceAll("![", "! [");
  return lines(tame)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");
}

/** A block that shows the text letter by letter. */
export function fenced(text: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return [fence, ...lines(text), fence].join("\n");
}

/** A name within a line, shown letter by letter. */
export function inlineCode(text: string): string {
  const line = singleLine(text);
  const fence = "`".repeat(longestRun(line) + 1);
  const space = line === "" || line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Words within a line or a heading of ours, without any markup of their own. */
export const plainWords = (text: string): string => singleLine(text).replace(/[\\`*_[\]<>]/g, "\\$&");

const lines = (text: string): string[] => text.split(/\r\n|\r|\n/);

const singleLine = (text: string): string => text.replace(/\s+/g, " ").trim();

const longestRun = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
