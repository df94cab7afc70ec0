import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What happens to one request on its way to the service and back. */
export type Fault =
  /** The connection breaks before the service has seen anything. */
  | { readonly kind: "never_sent" }
  /** The service did it; the connection breaks before its reply. */
  | { readonly kind: "reply_lost" }
  /** The service did it; nothing ever comes back and the connection stays open. */
  | { readonly kind: "silent" }
  /** The reply begins and then falls silent. */
  | { readonly kind: "half_reply" }
  /** A reply of our own; the service has seen nothing. */
  | { readonly kind: "status"; readonly status: number; readonly code: string; readonly retryAfterSeconds?: number };

export interface FaultyHttp {
  /** The address to use instead of the service's. */
  readonly url: string;
  /** The next requests meet these faults, one each; after them everything passes. */
  failNext(...faults: Fault[]): void;
  close(): Promise<void>;
}

/** A proxy on loopback that passes requests on byte by byte, below the client's retries and its signature. */
export async function startFaultyHttp(targetUrl: string): Promise<FaultyHttp> {
  const target = new URL(targetUrl);
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    pass(request, response, target, faults.shift()).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${target.pathname}`,
    failNext: (...next) => void faults.push(...next),
    close: () => close(server),
  };
}

async function pass(request: IncomingMessage, response: ServerResponse, target: URL, fault: Fault | undefined) {
  const body = await buffer(request);
  if (fault?.kind === "never_sent") return response.destroy();
  if (fault?.kind === "status") return refuse(response, fault);
  const reply = await forward(request, body, target);
  if (fault?.kind === "reply_lost") return response.destroy();
  if (fault?.kind === "silent") return undefined;
  response.writeHead(reply.status, reply.headers);
  if (fault?.kind === "half_reply") return response.write(reply.body.subarray(0, reply.body.length / 2));
  return response.end(reply.body);
}

function refuse(response: ServerResponse, { status, code, retryAfterSeconds }: Fault & { kind: "status" }) {
  const wait = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  response.writeHead(status, { "content-type": "application/xml", "x-ms-error-code": code, ...wait });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>foreign words</Message></Error>`);
}

async function forward(request: IncomingMessage, body: Buffer, { hostname, port }: URL) {
  const { method, url: path, rawHeaders: headers } = request;
  const onward = sendRequest({ hostname, port, method, path, headers: [...headers] });
  onward.end(body);
  const [reply] = (await once(onward, "response")) as [IncomingMessage];
  return { status: reply.statusCode ?? 500, headers: reply.rawHeaders, body: await buffer(reply) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
