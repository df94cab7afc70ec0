import type { IncomingMessage, ServerResponse } from "node:http";
import type { RegisteredFunction } from "./core.ts";

/** A request that has found its function. */
export interface HttpCall {
  fn: RegisteredFunction;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** The values of the route's parameters. */
  parameters: Record<string, string>;
}

/** The real host's default limit of a request body (host.json has no setting for it). */
export const bodyLimitBytes = 100 * 1024 * 1024;

export function headersOf({ request }: HttpCall): Record<string, string> {
  const pairs = Object.entries(request.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]);
  return Object.fromEntries(pairs);
}

/** Values of a name that occurs more than once are joined with commas, as the real host does. */
export function queryOf({ url }: HttpCall): Record<string, string> {
  const names = [...new Set(url.searchParams.keys())];
  return Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name).join(",")]));
}

export function traceParentOf({ request }: HttpCall): string | undefined {
  return [request.headers.traceparent].flat()[0];
}
