import type { ToolOutcome } from "./read-turn.ts";

/** The engine's tool that ends a run silently. */
export const quietTool = "nothing_to_report";

/** "If there is nothing new, report nothing", "stay quiet", and the tool's own name. */
export const asksForQuiet = (prompt: string): boolean =>
  /nothing[_ ](to[_ ]report|new|changed|has changed)|report nothing|no news|(stay|be|keep|remain) (quiet|silent)/i.test(
    prompt,
  );

/** Nothing was called, or all that was called came back empty. A failure is worth a report. */
export const foundNothing = (outcomes: readonly ToolOutcome[]): boolean =>
  outcomes.every(({ result, isError }) => result !== undefined && !isError && isEmpty(result));

/** Empty lists and no full one. */
function isEmpty(result: string): boolean {
  try {
    const lists = listsIn(JSON.parse(result));
    return lists.length > 0 && lists.every((list) => list.length === 0);
  } catch {
    return /^\s*$|^(no|nothing|none)\b/i.test(result);
  }
}

function listsIn(value: unknown): readonly (readonly unknown[])[] {
  if (Array.isArray(value)) return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(listsIn) : [];
}
