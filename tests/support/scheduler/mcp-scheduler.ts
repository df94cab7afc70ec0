import { type CallToolResult, createMcpHandler } from "@modelcontextprotocol/server";
import { createToolServer, type ServedTool, text } from "../tool-server.ts";
import { empty, json } from "./answers.ts";
import { giveToken } from "./dialects.ts";
import { type RunningScheduler, type SchedulerOptions, type Service, startService } from "./service.ts";
import { type Arguments, Refused, toolCalls } from "./tool-calls.ts";
import { inputSchemaOf, tools } from "./tool-lists.ts";

/**
 * A newer Scheduler: a true MCP server at /mcp, with the same tools in snake_case, behind a bearer token from
 * the same place. What a tool refuses is an error result.
 *
 * @param options `isBothEras` also answers the revisions with `initialize`
 */
export async function startMcpScheduler({
  isBothEras = true,
  ...options
}: SchedulerOptions & { readonly isBothEras?: boolean } = {}): Promise<RunningScheduler> {
  let serving: Service | undefined;
  const handler = createMcpHandler(() => createToolServer(() => (serving === undefined ? [] : servedBy(serving))), {
    legacy: isBothEras ? "stateless" : "reject",
  });
  const scheduler = await startService(options, {
    async answer(request, body, service) {
      serving = service;
      const { pathname } = new URL(request.url);
      const contentType = request.headers.get("content-type") ?? "";
      if (pathname === "/health") return json({ status: "healthy" });
      if (pathname === "/api/auth/token" && request.method === "POST")
        return giveToken({ service, url: new URL(request.url), contentType, body, id: "" });
      if (pathname !== "/mcp") return empty(404);
      const refusal = await service.tokens.refusal(request.headers.get("authorization"));
      return refusal === undefined ? handler.fetch(request) : empty(401, { "WWW-Authenticate": refusal });
    },
    isToolCall: ({ path, body }) => path === "/mcp" && body.includes('"tools/call"'),
  });
  const stop = scheduler[Symbol.asyncDispose];
  return Object.defineProperty(scheduler, Symbol.asyncDispose, {
    async value() {
      await handler.close();
      await stop();
    },
  });
}

const servedBy = (service: Service): readonly ServedTool[] =>
  tools.map((tool) => ({
    name: snake(tool.name),
    description: tool.description,
    inputSchema: inputSchemaOf(tool, snake),
    answer: (input) => callTool(service, tool.name, input),
  }));

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function callTool(service: Service, name: string, input: Readonly<Record<string, unknown>>): CallToolResult {
  try {
    return text(String(toolCalls[name]?.(service, camelArguments(input))));
  } catch (error) {
    if (error instanceof Refused) return { ...text(error.message), isError: true };
    throw error;
  }
}

const camelArguments = (input: Readonly<Record<string, unknown>>): Arguments =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
