import { type ErrorEnvelope, notFound, toEnvelope } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";
import { recordFailure } from "./record-failure.ts";
import type { CallContext, CatalogTool, ToolOutput } from "./tool.ts";

export type CallResult =
  | ({ readonly isError: false } & ToolOutput)
  | { readonly isError: true; readonly envelope: ErrorEnvelope };

/** Calls a tool for a client or a run. Whatever goes wrong becomes the error envelope; foreign text goes to the log. */
export async function callTool(
  tool: CatalogTool | undefined,
  name: string,
  input: unknown,
  context: CallContext,
  events: Events,
): Promise<CallResult> {
  try {
    if (tool === undefined) throw notFound("tool", name, "tools/list shows the tools that can be called here.");
    return { isError: false, ...(await tool.call(input, context)) };
  } catch (thrown) {
    recordFailure({ kind: "tool", name }, thrown, context.principal, events);
    return { isError: true, envelope: toEnvelope(thrown) };
  }
}
