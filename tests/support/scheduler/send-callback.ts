import { once } from "node:events";
import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request as sendHttp } from "node:http";
import { request as sendHttps } from "node:https";
import { text as readText } from "node:stream/consumers";
import type { Conversation } from "./conversations.ts";

/** One request as it left, redirects included. */
export interface SentCallback {
  readonly conversationId: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Line {
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly onSent: (callback: SentCallback) => void;
}

interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];

const mostRedirects = 50;

/**
 * Sends a conversation's text to its target and follows where it is sent on.
 * The target learns nothing but the text: no id, no status, no signature, no User-Agent.
 *
 * @returns the status of the last answer, once its body is in
 * @throws whatever stands in the way
 */
export async function sendCallback({ id, text, target }: Conversation, line: Line): Promise<number> {
  const asked = target.method.toUpperCase();
  const method = methods.includes(asked) ? asked : "POST";
  let hop: Hop = { method, url: new URL(target.endpoint), headers: extraHeaders(target.headersJson), body: text };
  for (let hops = 0; ; hops += 1) {
    const { status, location } = await sendHop(hop, id, line);
    const next = hops < mostRedirects && location !== undefined ? redirected(hop, status, location) : undefined;
    if (next === undefined) return status;
    hop = next;
  }
}

async function sendHop({ method, url, headers, body }: Hop, conversationId: string, { agent, signal, onSent }: Line) {
  const content = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body ?? ""),
  };
  const sent: OutgoingHttpHeaders = { ...headers, Host: headers.Host ?? url.host, ...(body !== undefined && content) };
  const isSecure = url.protocol === "https:";
  const options = { method, headers: sent, setHost: false, signal, ...(!isSecure && { agent }) };
  const request = (isSecure ? sendHttps : sendHttp)(url, options);
  request.removeHeader("Connection");
  const shown = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, String(value)]));
  onSent({ conversationId, method, url: url.href, headers: shown, body: body ?? "" });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await readText(response);
  return { status: response.statusCode ?? 0, location: response.headers.location };
}

/** 301, 302 and 303 lose the text, 307 and 308 carry it on. */
function redirected(hop: Hop, status: number, location: string): Hop | undefined {
  const url = new URL(location, hop.url);
  if (status === 307 || status === 308) return { ...hop, url };
  if (status < 301 || status > 303) return undefined;
  const isKept = hop.method === "GET" || (status !== 303 && hop.method !== "POST");
  return isKept ? { ...hop, url } : { method: "GET", url, headers: hop.headers, body: undefined };
}

/** A map that cannot be read gives none, and the content type is the service's own. */
function extraHeaders(json: string | null): Readonly<Record<string, string>> {
  try {
    const entries = Object.entries((JSON.parse(json ?? "{}") ?? {}) as Readonly<Record<string, string>>);
    return Object.fromEntries(entries.filter(([name]) => name.toLowerCase() !== "content-type"));
  } catch {
    return {};
  }
}
