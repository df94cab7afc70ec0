/**
 * Text from the server, a model or a tool, fit for a terminal: no control characters and no reversed reading order, which
 * could hide or imitate other lines, and indented, so that nothing in it stands where only this program writes.
 */
export function shown(text: string, mark = "  "): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")
    .split("\n")
    .map((line) => `${mark}${line}`)
    .join("\n");
}

/** The same on one line, of at most `limit` characters. */
export function shownLine(text: string, limit = 160): string {
  const line = shown(text, "").replace(/\s+/g, " ").trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 3)}...`;
}
