import { createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { Principal } from "../../access/principal.ts";
import type { Events } from "../../kernel/events.ts";
import { type ServedCatalog, unknownToolMessage } from "./serve-catalog.ts";

/** The catalog changes only with a deployment; the same for everybody, so shared caches may keep it. */
const listCacheHint = { ttlMs: 5 * 60_000, cacheScope: "public" } as const;

/** Serves revision 2026-07-28: no initialize, no session, everything in the request. */
export function createModernHandler(catalog: ServedCatalog, events: Events) {
  const principals = new WeakMap<Request, Principal>();
  const handler = createMcpHandler(({ requestInfo }) => serverFor(catalog, principalOf(requestInfo)), {
    legacy: "reject",
    onerror: (cause) =>
      events.record({ level: "info", name: "mcp.refused", message: "A request was refused by the protocol.", cause }),
  });
  return (request: Request, parsedBody: unknown, principal: Principal): Promise<Response> => {
    principals.set(request, principal);
    return handler.fetch(request, { parsedBody });
  };

  function principalOf(request: Request | undefined): Principal {
    const principal = request === undefined ? undefined : principals.get(request);
    if (principal === undefined) throw new Error("A request was served without its caller.");
    return principal;
  }
}

function serverFor(catalog: ServedCatalog, principal: Principal): Server {
  const server = new Server(catalog.info, {
    capabilities: { tools: {} },
    instructions: catalog.instructions,
    cacheHints: { "tools/list": listCacheHint, "server/discover": listCacheHint },
  });
  server.setRequestHandler("tools/list", () => ({ tools: [...catalog.tools] }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const { name, arguments: input } = params;
    const result = await catalog.call({ name, arguments: input, principal, signal: mcpReq.signal });
    if (result === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, unknownToolMessage(name, catalog));
    return result;
  });
  return server;
}
