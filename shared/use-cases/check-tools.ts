import { invalid } from "../kernel/errors.ts";
import type { Toolbox } from "../tools/toolbox.ts";

/** VALIDATION_ERROR when a schedule is to allow a tool that no run could use. */
export async function checkTools(allowed: readonly string[] | undefined, toolbox: Toolbox): Promise<void> {
  if (allowed === undefined) return;
  const known = (await toolbox.list()).map(({ name }) => name);
  const unknown = allowed.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw invalid(`allowed_tools names unknown tools: ${unknown.join(", ")}. A run can use: ${known.join(", ")}.`, {
    field: "allowed_tools",
    unknown,
  });
}
