/** The value, or undefined for a text that is no JSON: whoever asks checks the shape next, and undefined fails it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
