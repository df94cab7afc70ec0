import {
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  type InputRequiredResult,
  inputRequired,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { Principal } from "../../access/principal.ts";
import type { Question } from "../../catalog/question.ts";
import type { Events } from "../../kernel/events.ts";
import { memberOf } from "./member-of.ts";
import { capabilitiesOf, complete, type ServedCatalog } from "./serve-catalog.ts";
import { tellProgress } from "./tell-progress.ts";
import { traceparentIn } from "./traceparent-in.ts";

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
    capabilities: capabilitiesOf(catalog),
    instructions: catalog.instructions,
    cacheHints: {
      "tools/list": listCacheHint,
      "prompts/list": listCacheHint,
      "resources/templates/list": listCacheHint,
      "server/discover": listCacheHint,
    },
  });
  server.setRequestHandler("tools/list", () => ({ tools: [...catalog.tools] }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const { name, arguments: input } = params;
    const progress = tellProgress(mcpReq._meta?.progressToken, mcpReq.notify);
    const traceparent = traceparentIn(mcpReq._meta);
    const call = { name, arguments: input, principal, signal: mcpReq.signal, progress, traceparent };
    if (!canAsk(mcpReq)) return catalog.call(call);
    const answered = { ...call, answers: mcpReq.inputResponses ?? {} };
    const questions = await catalog.questions(answered);
    return questions.length === 0 ? catalog.call(answered) : ask(questions);
  });
  serveReadings(server, catalog, principal);
  return server;
}

function serveReadings(server: Server, catalog: ServedCatalog, principal: Principal): void {
  const { resources, prompts } = catalog;
  const offers = capabilitiesOf(catalog);
  if (offers.resources !== undefined) {
    server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [...resources.templates] }));
    server.setRequestHandler("resources/list", ({ params }) => resources.list(principal, params?.cursor));
    server.setRequestHandler("resources/read", ({ params }) => resources.read(principal, params.uri));
  }
  if (offers.prompts !== undefined) {
    server.setRequestHandler("prompts/list", () => ({ prompts: [...prompts.prompts] }));
    server.setRequestHandler("prompts/get", ({ params }) => prompts.get(principal, params.name, params.arguments));
  }
  if (offers.completions !== undefined) {
    server.setRequestHandler("completion/complete", ({ params }) => complete(catalog, principal, params));
  }
}

/** The client has said in this very request that it can show a form. Without a mode that is what it means. */
function canAsk({ envelope }: ServerContext["mcpReq"]): boolean {
  const elicitation = memberOf(memberOf(envelope, CLIENT_CAPABILITIES_META_KEY), "elicitation");
  if (typeof elicitation !== "object" || elicitation === null) return false;
  return "form" in elicitation || Object.keys(elicitation).length === 0;
}

/** The client shows the forms and sends the call again with the answers. We keep nothing in between. */
function ask(questions: readonly Question[]): InputRequiredResult {
  const requests = questions.map(({ id, message, field }) => {
    const requestedSchema = { type: "object" as const, properties: { [id]: field }, required: [id] };
    return [id, inputRequired.elicit({ message, requestedSchema })] as const;
  });
  return inputRequired({ inputRequests: Object.fromEntries(requests) });
}
