/** The beginning of the text in at most so many bytes of UTF-8, in whole characters. */
export function firstBytes(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  // A character that was cut in two decodes to one or more of these.
  return new TextDecoder().decode(all.subarray(0, bytes)).replace(/\uFFFD+$/, "");
}
