/** What every client sends with a POST. */
export const mcpHeaders = { "content-type": "application/json", accept: "application/json, text/event-stream" };

export interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** undefined when the body is no JSON. */
  readonly json: RpcAnswer | undefined;
}

/** Sends text as it is and everything else as JSON. Fails when no answer comes. */
export async function post(url: URL, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...mcpHeaders, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: asJson(text) };
}

function asJson(text: string): RpcAnswer | undefined {
  try {
    return JSON.parse(text) as RpcAnswer;
  } catch {
    return undefined;
  }
}

export const request = (method: string, params?: object, id = 1) => ({
  jsonrpc: "2.0",
  id,
  method,
  ...(params === undefined ? {} : { params }),
});

export const toolCall = (name: string, input?: unknown, id = 1) =>
  request("tools/call", { name, ...(input === undefined ? {} : { arguments: input }) }, id);

export const initialize = (protocolVersion: string) =>
  request("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "contoso", version: "1" } });

export const modernRevision = "2026-07-28";

/** A request of the revision without `initialize`: everything is in `_meta` and the headers. */
export function modernRequest(method: string, params: object = {}, meta: object = {}) {
  const prefix = "io.modelcontextprotocol/";
  const envelope = {
    [`${prefix}protocolVersion`]: modernRevision,
    [`${prefix}clientInfo`]: { name: "contoso", version: "1" },
    [`${prefix}clientCapabilities`]: {},
    ...meta,
  };
  const headers: Record<string, string> = {
    "mcp-protocol-version": String(envelope[`${prefix}protocolVersion`]),
    "mcp-method": method,
    ...("name" in params ? { "mcp-name": String(params.name) } : {}),
  };
  return { body: request(method, { ...params, _meta: envelope }), headers };
}

export function postModern(
  url: URL,
  method: string,
  params: object = {},
  { meta = {}, headers = {} }: { meta?: object; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const message = modernRequest(method, params, meta);
  return post(url, message.body, { ...message.headers, ...headers });
}
