import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface WebServer extends AsyncDisposable {
  readonly port: number;
}

/** Answers web-standard requests on a real socket of this machine, over https with a certificate. */
export async function startWebServer(
  answer: (request: Request) => Promise<Response> | Response,
  port = 0,
  certificate?: { readonly cert: string; readonly key: string },
): Promise<WebServer> {
  const listener: RequestListener = (incoming, outgoing) => {
    pass(incoming, outgoing, answer).catch(() => outgoing.destroy());
  };
  const server = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response> | Response,
): Promise<void> {
  const response = await answer(toRequest(incoming));
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body === null) return void outgoing.end();
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
}

function toRequest(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/", headers } = incoming;
  const named = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  const plain = { method, headers: named };
  const address = `http://${headers.host}${url}`;
  if (method === "GET" || method === "HEAD") return new Request(address, plain);
  return new Request(address, { ...plain, body: Readable.toWeb(incoming), duplex: "half" } as RequestInit);
}
