import {
  type CallToolResult,
  createMcpHandler,
  type McpHttpHandler,
  ProtocolError,
  Server,
  type Tool,
} from "@modelcontextprotocol/server";
import { startWebServer, type WebServer } from "./web-server.ts";

export interface ServedTool extends Partial<Tool> {
  readonly name: string;
  readonly answer?: (
    input: Readonly<Record<string, unknown>>,
    call: { readonly meta: Readonly<Record<string, unknown>>; readonly progress: () => Promise<void> },
  ) => Promise<CallToolResult> | CallToolResult;
}

export interface ToolServer extends WebServer {
  readonly url: string;
  /** In the order in which they came. */
  readonly requests: readonly Request[];
  /** Replaces the tools, and says so to whoever listens. */
  change(tools: readonly ServedTool[]): void;
}

export interface ToolServerOptions {
  /** Also the revisions with `initialize`. */
  readonly isBothEras?: boolean;
  readonly port?: number;
  /** Stands in front of the server. */
  readonly guard?: (request: Request) => Response | undefined;
}

export const text = (words: string): CallToolResult => ({ content: [{ type: "text", text: words }] });

/** A real MCP server of revision 2026-07-28 with any tools. */
export async function startToolServer(
  first: readonly ServedTool[],
  { isBothEras = false, port, guard = () => undefined }: ToolServerOptions = {},
): Promise<ToolServer> {
  let tools = first;
  const requests: Request[] = [];
  const handler: McpHttpHandler = createMcpHandler(() => createToolServer(() => tools), {
    legacy: isBothEras ? "stateless" : "reject",
  });
  const server = await startWebServer((request) => {
    requests.push(request);
    return guard(request) ?? handler.fetch(request);
  }, port);
  return {
    ...server,
    url: `http://127.0.0.1:${server.port}/mcp`,
    requests,
    change(others) {
      tools = others;
      handler.notify.toolsChanged();
    },
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The server itself, for any transport. */
export function createToolServer(tools: () => readonly ServedTool[]): Server {
  const server = new Server({ name: "tools", version: "1" }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler("tools/list", () => ({
    tools: tools().map(({ answer: _answer, ...tool }) => ({ inputSchema: { type: "object" as const }, ...tool })),
  }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = tools().find(({ name }) => name === params.name);
    if (tool === undefined) throw new ProtocolError(-32602, `Unknown tool ${params.name}`);
    const meta = { ...params._meta } as Record<string, unknown>;
    const token = mcpReq._meta?.progressToken ?? 0;
    const progress = () =>
      mcpReq.notify({ method: "notifications/progress", params: { progressToken: token, progress: 1 } });
    return (
      (await tool.answer?.(params.arguments ?? {}, { meta: { ...meta, ...mcpReq._meta }, progress })) ?? text("done")
    );
  });
  return server;
}
