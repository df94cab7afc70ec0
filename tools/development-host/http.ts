import type { IncomingMessage } from "node:http";
import type { RegisteredFunction } from "./core.ts";
import { answerBuffered } from "./http-buffered.ts";
import { bodyLimitBytes, type HttpCall } from "./http-call.ts";
import { type Answer, fail } from "./http-server.ts";
import { answerStreamed } from "./http-streamed.ts";
import type { Invoke } from "./invocation.ts";
import type { Log } from "./log.ts";
import { matchRoute, parseRoute, type Segment } from "./routes.ts";

export interface HttpFunction {
  fn: RegisteredFunction;
  /** The whole path, without the leading slash. */
  template: string;
  route: Segment[];
  /** Upper case; empty means all. */
  methods: string[];
}

export interface HttpOptions {
  functions: HttpFunction[];
  streamingUri: string | undefined;
  /** When set, functions whose authLevel is not anonymous want it as `x-functions-key` or `?code=`. */
  key: string | undefined;
  invoke: Invoke;
  log: Log;
}

/** The functions with an HTTP trigger, in the order in which their routes are tried. @throws StartError */
export function httpFunctions(functions: RegisteredFunction[], routePrefix: string): HttpFunction[] {
  return functions
    .filter((fn) => fn.trigger.type === "httpTrigger")
    .map((fn) => {
      const { route, methods } = fn.trigger;
      const template = [routePrefix, typeof route === "string" ? route : fn.name]
        .filter((part) => part !== "")
        .join("/");
      const verbs = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
      return { fn, template, route: parseRoute(template), methods: verbs };
    });
}

/**
 * Answers requests as the real host does: the first function whose route and verb fit, else 404 (there is no 405);
 * 401 without the key; 413 for a body above 100 MB.
 */
export function createAnswer({ functions, streamingUri, key, invoke, log }: HttpOptions): Answer {
  return async (request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const found = find(functions, request.method ?? "GET", url.pathname);
    if (!found) return fail(response, 404);
    if (
      key !== undefined &&
      (found.fn.trigger.authLevel ?? "anonymous") !== "anonymous" &&
      keyOf(request, url) !== key
    ) {
      return fail(response, 401);
    }
    if (Number(request.headers["content-length"] ?? 0) > bodyLimitBytes) return fail(response, 413);
    const call: HttpCall = { ...found, request, response, url };
    if (streamingUri === undefined) await answerBuffered(call, invoke, log);
    else await answerStreamed(call, new URL(streamingUri), invoke, log);
  };
}

function find(
  functions: HttpFunction[],
  method: string,
  pathname: string,
): Pick<HttpCall, "fn" | "parameters"> | undefined {
  for (const { fn, route, methods } of functions) {
    if (methods.length > 0 && !methods.includes(method)) continue;
    const parameters = matchRoute(route, pathname);
    if (parameters) return { fn, parameters };
  }
  return undefined;
}

function keyOf(request: IncomingMessage, url: URL): string | null {
  return [request.headers["x-functions-key"]].flat()[0] ?? url.searchParams.get("code");
}
