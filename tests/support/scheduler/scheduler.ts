import { empty, json } from "./answers.ts";
import { type Call, executeInA, executeInB, giveToken, validateToken } from "./dialects.ts";
import { createConversation, deleteConversation, getConversation, listConversations } from "./rest.ts";
import { type RunningScheduler, type SchedulerOptions, type Service, startService } from "./service.ts";
import { listInA, listInB } from "./tool-lists.ts";

interface Route {
  /** In small letters and without a slash at its end. */
  readonly path: RegExp;
  readonly isOpen?: true;
  readonly actions: Readonly<Record<string, (call: Call) => Response | Promise<Response>>>;
}

const health = (): Response => json({ status: "healthy" });

/** Another part of the service answers the other methods. */
const healthInDetail = (): Response => {
  const check = { status: "Healthy", description: null, duration: "00:00:00.0010000" };
  const checks = ["ApplicationDbContext", "self"].map((name) => ({ name, ...check }));
  const body = JSON.stringify({ status: "Healthy", checks, totalDuration: "00:00:00.0020000" }, null, 2);
  return new Response(body, { headers: { "Content-Type": "application/json" } });
};

const frontPage = (): Response =>
  new Response("<!DOCTYPE html>\n<title>Scheduler</title>", { headers: { "Content-Type": "text/html" } });

const common: readonly Route[] = [
  { path: /^$/, isOpen: true, actions: { GET: frontPage } },
  { path: /^\/health$/, isOpen: true, actions: { GET: health, HEAD: healthInDetail, POST: healthInDetail } },
  { path: /^\/api\/auth\/token$/, isOpen: true, actions: { POST: giveToken } },
  { path: /^\/api\/auth\/validate$/, isOpen: true, actions: { POST: validateToken } },
  { path: /^\/api\/conversations$/, actions: { GET: listConversations, POST: createConversation } },
  { path: /^\/api\/conversations\/([^/]+)$/, actions: { DELETE: deleteConversation, GET: getConversation } },
];

const dialectRoutes: Readonly<Record<"A" | "B", readonly Route[]>> = {
  A: [
    { path: /^\/api\/mcptools\/tools$/, actions: { GET: () => json(listInA) } },
    { path: /^\/api\/mcptools\/execute$/, actions: { POST: executeInA } },
  ],
  B: [
    { path: /^\/mcp\/tools$/, actions: { GET: () => json(listInB) } },
    { path: /^\/mcp\/execute$/, actions: { POST: executeInB } },
  ],
};

/**
 * The Scheduler service as it was seen to answer, with all its quirks. It knows no MCP; dialect B answers
 * its list and can do nothing.
 *
 * @param options `dialects` leaves one of its two out
 */
export function startScheduler({
  dialects = ["A", "B"],
  ...options
}: SchedulerOptions & { readonly dialects?: readonly ("A" | "B")[] } = {}): Promise<RunningScheduler> {
  const routes = [...common, ...dialects.flatMap((dialect) => dialectRoutes[dialect])];
  return startService(options, {
    answer: (request, body, service) => answer(routes, request, body, service),
    isToolCall: ({ path }) => /\/execute\/?$/i.test(path),
  });
}

async function answer(routes: readonly Route[], request: Request, body: string, service: Service): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/\/$/, "");
  const route = routes.find((one) => one.path.test(path.toLowerCase()));
  if (route === undefined) return empty(404);
  const action = route.actions[request.method];
  if (action === undefined) return empty(405, { Allow: Object.keys(route.actions).join(", ") });
  const refusal = route.isOpen ? undefined : await service.tokens.refusal(request.headers.get("authorization"));
  if (refusal !== undefined) return empty(401, { "WWW-Authenticate": refusal });
  const contentType = request.headers.get("content-type") ?? "";
  return action({ service, url, contentType, body, id: path.split("/").at(-1) ?? "" });
}
