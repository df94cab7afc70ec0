import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { Principal } from "../../access/principal.ts";
import { memberOf } from "./member-of.ts";
import { type ServedCatalog, unknownToolMessage } from "./serve-catalog.ts";

/** Building one costs more than a whole request does. */
const jsonSchemaValidator = new AjvJsonSchemaValidator();

/**
 * Serves the revisions with `initialize`, 2024-11-05 to 2025-11-25: one server and one transport for each request, so
 * any instance answers any request. The only file beside the client's that knows sdk 1.x.
 */
export async function serveLegacy(
  catalog: ServedCatalog,
  request: Request,
  body: unknown,
  principal: Principal,
): Promise<Response> {
  const server = new Server(catalog.info, {
    capabilities: { tools: {} },
    instructions: catalog.instructions,
    jsonSchemaValidator,
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...catalog.tools] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const result = await catalog.call({ name: params.name, arguments: params.arguments, principal, signal });
    if (result === undefined) throw unknownTool(unknownToolMessage(params.name, catalog));
    return result;
  });
  // A JSON answer drops notifications, so only a caller who asked for progress gets a stream.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !wantsProgress(body) });
  // The transport's optional members do not fit its own interface under exactOptionalPropertyTypes.
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  return transport.handleRequest(request, { parsedBody: withoutCancellations(body) });
}

/** The client writes the code in front of the message; an McpError has done so already. */
const unknownTool = (message: string): Error => Object.assign(new Error(message), { code: ErrorCode.InvalidParams });

/**
 * Without sessions a cancellation can only name a request of its own batch. A cancelled request is never answered, and
 * the transport would wait for its answer without end.
 */
const withoutCancellations = (body: unknown): unknown =>
  Array.isArray(body) ? body.filter((message) => memberOf(message, "method") !== "notifications/cancelled") : body;

function wantsProgress(body: unknown): boolean {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return messages.some((message) => hasProgressToken(message));
}

function hasProgressToken(message: unknown): boolean {
  const meta = memberOf(memberOf(message, "params"), "_meta");
  return memberOf(meta, "progressToken") !== undefined;
}
