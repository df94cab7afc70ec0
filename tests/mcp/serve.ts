import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { localPrincipal, type Principal } from "../../shared/access/principal.ts";
import type { OriginRules } from "../../shared/mcp/server/check-origin.ts";
import { createMcpEndpoint } from "../../shared/mcp/server/endpoint.ts";
import type { MemoryApp } from "./memory-app.ts";

export interface ServedEndpoint extends AsyncDisposable {
  readonly url: URL;
}

/** Local work: every spelling of localhost, nothing else. */
export const localRules: OriginRules = { hosts: [], origins: [], allowLocalhost: true };

/** Stands for sign-in, which is not the endpoint's: the caller says who it is. */
export const ownerHeader = "x-test-owner";

/** The real endpoint on a real socket. */
export async function serve(app: MemoryApp, rules = localRules): Promise<ServedEndpoint> {
  const answer = createMcpEndpoint(app.served, rules, app.ports.events);
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, (request) => answer(request, callerOf(request))).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const callerOf = ({ headers }: Request): Principal => {
  const owner = headers.get(ownerHeader);
  return owner === null ? localPrincipal : { owner, name: owner };
};

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const response = await answer(toRequest(incoming));
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
}

function toRequest(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/", headers } = incoming;
  const named = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  const plain = { method, headers: named };
  const address = `http://${headers.host}${url}`;
  if (method === "GET" || method === "HEAD") return new Request(address, plain);
  return new Request(address, { ...plain, body: Readable.toWeb(incoming), duplex: "half" } as RequestInit);
}
