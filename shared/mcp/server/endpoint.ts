import { isLegacyRequest } from "@modelcontextprotocol/server";
import type { Principal } from "../../access/principal.ts";
import type { Events } from "../../kernel/events.ts";
import { argumentsAsMeant } from "./arguments-as-meant.ts";
import { checkOrigin, type OriginRules } from "./check-origin.ts";
import { serveLegacy } from "./legacy.ts";
import { createModernHandler } from "./modern.ts";
import { readBody } from "./read-body.ts";
import { refusal } from "./refusal.ts";
import type { ServedCatalog } from "./serve-catalog.ts";

/** Messages of one batch (2025-03-26 only). */
const maximumBatch = 100;

/**
 * The MCP endpoint: every published revision at one address, stateless. Takes and gives web-standard requests and
 * responses, and never throws: what fails inside is a 500 without its reason, which goes to the log.
 */
export function createMcpEndpoint(catalog: ServedCatalog, rules: OriginRules, events: Events) {
  const serveModern = createModernHandler(catalog, events);
  return async (request: Request, principal: Principal): Promise<Response> => {
    try {
      const refused = refuseMethod(request) ?? checkOrigin(request, rules);
      if (refused !== undefined) return refused;
      const body = await readBody(request);
      if (body instanceof Response) return body;
      if (Array.isArray(body.json) && body.json.length > maximumBatch) return refuseBatch(body.json.length);
      const json = argumentsAsMeant(body.json);
      return (await isLegacyRequest(request, json))
        ? await serveLegacy(catalog, request, json, principal)
        : await serveModern(request, json, principal);
    } catch (cause) {
      events.record({ level: "error", name: "mcp.failed", message: "A request could not be answered.", cause });
      return refusal(500, -32603, "Something went wrong on our side. Try again.");
    }
  };
}

/** The server pushes nothing, so there is no stream to open with GET and no session to end with DELETE. */
function refuseMethod({ method }: Request): Response | undefined {
  if (method === "POST") return undefined;
  return refusal(405, -32000, `${method} is not used here: this server is stateless. Send requests with POST.`, {
    Allow: "POST",
  });
}

const refuseBatch = (size: number): Response =>
  refusal(400, -32600, `A batch of ${size} messages is too large; ${maximumBatch} are allowed. Send it in parts.`);
