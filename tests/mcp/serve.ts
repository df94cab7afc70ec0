import { localPrincipal, type Principal } from "../../shared/access/principal.ts";
import type { OriginRules } from "../../shared/mcp/server/check-origin.ts";
import { createMcpEndpoint } from "../../shared/mcp/server/endpoint.ts";
import { startWebServer } from "../support/web-server.ts";
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
  const server = await startWebServer((request) => answer(request, callerOf(request)));
  return {
    url: new URL(`http://127.0.0.1:${server.port}/mcp`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const callerOf = ({ headers }: Request): Principal => {
  const owner = headers.get(ownerHeader);
  return owner === null ? localPrincipal : { owner, name: owner };
};
