import type { Telemetry } from "../kernel/telemetry.ts";
import type { Toolbox } from "../tools/toolbox.ts";

/** Each call of a tool by a run within a span `tool.call`. Arguments and results stay out of it. */
export function withToolSpans(toolbox: Toolbox, telemetry: Telemetry): Toolbox {
  return {
    ...toolbox,
    call: (request) =>
      telemetry.span("tool.call", { attributes: toolAttributes(request.name) }, async (span) => {
        const answer = await toolbox.call(request);
        if (answer.isError) span.fail(toolError);
        return answer;
      }),
  };
}

interface McpToolCall {
  readonly name: string;
  readonly principal: { readonly owner: string };
  /** What the client sent as `_meta.traceparent`. */
  readonly traceparent?: string | undefined;
}

/** Each call of a tool by a client within a span `mcp.tool.call`: the request that an MCP call is. */
export const withCallSpans =
  <Call extends McpToolCall, Result extends { isError?: boolean }>(
    call: (request: Call) => Promise<Result>,
    telemetry: Telemetry,
  ): ((request: Call) => Promise<Result>) =>
  (request) => {
    const { name, principal, traceparent } = request;
    const attributes = { ...toolAttributes(name), "mcp.method.name": "tools/call" };
    const options = { kind: "server", parent: traceparent, attributes, log: { owner: principal.owner } } as const;
    return telemetry.span("mcp.tool.call", options, async (span) => {
      const result = await call(request);
      if (result.isError === true) span.fail(toolError);
      return result;
    });
  };

/** Names of OpenTelemetry's conventions for generative AI. */
const toolAttributes = (name: string) => ({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name });

/** The conventions' word for an answer with `isError`. */
const toolError = "tool_error";
