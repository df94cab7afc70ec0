import { type Definition, everyTool } from "../schedule/schedule.ts";
import type { Tool } from "../tools/toolbox.ts";

/**
 * The tools that a schedule's runs may use, in the toolbox's order: those that its allow list names, or whose server or
 * toolset it names as `server:*`; without a list every read-only tool. A talk begun by hand may use all.
 */
export function allowedTools(
  tools: readonly Tool[],
  { allowedTools: allowed }: Pick<Definition, "allowedTools">,
): readonly Tool[] {
  if (allowed?.includes(everyTool)) return tools;
  if (allowed === undefined) return tools.filter(({ readOnly }) => readOnly);
  return tools.filter(({ name, server }) => allowed.includes(name) || allowed.includes(`${server}:*`));
}

/** What an allow list names and no run could use now: most often, the server that has it cannot be reached. */
export const missingTools = (
  tools: readonly Tool[],
  { allowedTools: allowed = [] }: Pick<Definition, "allowedTools">,
): readonly string[] =>
  allowed.filter((entry) => entry !== everyTool && allowedTools(tools, { allowedTools: [entry] }).length === 0);
