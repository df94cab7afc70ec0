import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { Principal } from "../../access/principal.ts";
import { memberOf } from "./member-of.ts";
import { capabilitiesOf, complete, type ServedCatalog } from "./serve-catalog.ts";
import { tellProgress } from "./tell-progress.ts";
import { traceparentIn } from "./traceparent-in.ts";

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
    capabilities: capabilitiesOf(catalog),
    instructions: catalog.instructions,
    jsonSchemaValidator,
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...catalog.tools] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const { name, arguments: input, _meta } = params;
    const progress = tellProgress(_meta?.progressToken, sendNotification);
    const traceparent = traceparentIn(_meta);
    const result = await catalog.call({ name, arguments: input, principal, signal, progress, traceparent });
    return knowsLinks(request) ? result : { ...result, content: result.content.slice(0, 1) };
  });
  serveReadings(server, catalog, principal);
  // A JSON answer drops notifications, so only a caller who asked for progress gets a stream.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !wantsProgress(body) });
  // The transport's optional members do not fit its own interface under exactOptionalPropertyTypes.
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  return transport.handleRequest(request, { parsedBody: withoutCancellations(body) });
}

function serveReadings(server: Server, catalog: ServedCatalog, principal: Principal): void {
  const { resources, prompts } = catalog;
  const offers = capabilitiesOf(catalog);
  if (offers.resources !== undefined) {
    server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
      resourceTemplates: [...resources.templates],
    }));
    server.setRequestHandler(ListResourcesRequestSchema, ({ params }) => resources.list(principal, params?.cursor));
    server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => resources.read(principal, params.uri));
  }
  if (offers.prompts !== undefined) {
    server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [...prompts.prompts] }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) =>
      prompts.get(principal, params.name, params.arguments),
    );
  }
  if (offers.completions !== undefined) {
    server.setRequestHandler(CompleteRequestSchema, ({ params }) => complete(catalog, principal, params));
  }
}

/** Revisions from this one on have links in results and say in every request which one they are. */
const knowsLinks = ({ headers }: Request): boolean => (headers.get("mcp-protocol-version") ?? "") >= "2025-06-18";

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
