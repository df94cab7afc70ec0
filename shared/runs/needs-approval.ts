import type { OpenCall, RunProgress } from "../conversations/fold.ts";
import type { Definition } from "../schedule/schedule.ts";
import type { Tool } from "../tools/toolbox.ts";
import { judgeCall } from "./next-calls.ts";

/**
 * Whether a call of this tool waits for its owner. writes: that of a tool that is not read-only and that the allow list
 * does not name; a pattern names nothing. always: that of every tool.
 */
export function needsApproval(
  { name, readOnly }: Pick<Tool, "name" | "readOnly">,
  { policies, allowedTools = [] }: Pick<Definition, "policies" | "allowedTools">,
): boolean {
  switch (policies.approval) {
    case "never":
      return false;
    case "writes":
      return !readOnly && !allowedTools.includes(name);
    case "always":
      return true;
  }
}

/** The open calls of the turn that may not be made before their owner has decided, and about which nobody has. */
export function undecidedCalls(
  { openCalls, decisions }: RunProgress,
  tools: readonly Tool[],
  definition: Pick<Definition, "policies" | "allowedTools">,
): readonly OpenCall[] {
  return openCalls.filter((call) => {
    const next = judgeCall(call, tools);
    return "tool" in next && needsApproval(next.tool, definition) && !decisions.has(call.id);
  });
}
