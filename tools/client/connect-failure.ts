/** Why there is no connection, in words that say what to do. Undefined for what is no failure of a connection. */
export function connectFailure(thrown: unknown, url: URL, command = "npm run chat -- --url"): string | undefined {
  // Without the query, which may hold a key.
  const address = `${url.origin}${url.pathname}`;
  const status = statusOf(thrown);
  if (status === 401 || status === 403) {
    return `${address} asks for a key or does not take the one it got. Put the function key into MCP_KEY: MCP_KEY=... ${command} ${address}`;
  }
  if (status !== undefined && status >= 500) {
    return `${address} cannot answer now (HTTP ${status}). Look into its log, and try again.`;
  }
  if (causesOf(thrown).some(isNetworkFailure)) {
    return `Nothing answers at ${address}. Start the server in another terminal (npm start), or name another one: ${command} http://localhost:7071/mcp`;
  }
  if (status !== undefined || isProtocolFailure(thrown)) {
    return `${address} answers, but not as an MCP server. Is the address right? It mostly ends in /mcp.`;
  }
  return undefined;
}

function causesOf(thrown: unknown): readonly Error[] {
  return thrown instanceof Error ? [thrown, ...causesOf(thrown.cause)] : [];
}

const statusOf = (thrown: unknown): number | undefined =>
  causesOf(thrown).flatMap((error) => ("status" in error && typeof error.status === "number" ? [error.status] : []))[0];

/** fetch fails with a TypeError, whatever the network did. */
const isNetworkFailure = (error: Error): boolean =>
  (error instanceof TypeError && error.message === "fetch failed") ||
  error.name === "ConnectionLost" ||
  ("code" in error && error.code === "REQUEST_TIMEOUT");

const isProtocolFailure = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  "code" in thrown &&
  /^(ERA_NEGOTIATION|CLIENT_HTTP|CONNECTION_CLOSED)/.test(String(thrown.code));
