/**
 * The arguments of a tool call as the model wrote them, or undefined when they are no JSON object. No text at all is an
 * empty object: models write that for a tool without arguments.
 */
export function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Half an object is what a model writes when its output ends too early.
    return undefined;
  }
}
