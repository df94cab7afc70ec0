import { AppError, type ErrorEnvelope, notFound, toEnvelope } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";
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
    recordFailure(name, thrown, context, events);
    return { isError: true, envelope: toEnvelope(thrown) };
  }
}

function recordFailure(name: string, thrown: unknown, { principal }: CallContext, events: Events): void {
  const isOurs = thrown instanceof AppError;
  const isCallers = isOurs && thrown.code === "VALIDATION_ERROR";
  events.record({
    level: isCallers ? "info" : "error",
    name: "tool.failed",
    message: isOurs ? thrown.message : "A tool failed unexpectedly.",
    fields: { tool: name, owner: principal.owner, code: isOurs ? thrown.code : "INTERNAL_ERROR" },
    ...(isCallers ? {} : { cause: thrown }),
  });
}
