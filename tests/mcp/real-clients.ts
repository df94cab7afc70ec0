import {
  type ClientOptions,
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ownerHeader } from "./serve.ts";

export const identity = { name: "contoso", version: "1" };

/** Calls as somebody else than the one caller of local work. */
const asOwner = (owner: string | undefined) =>
  owner === undefined ? {} : { requestInit: { headers: { [ownerHeader]: owner } } };

/** A client on the SDK of the revisions with `initialize`. */
export async function connectOld(url: URL, owner?: string) {
  const client = new Client(identity);
  const transport = new StreamableHTTPClientTransport(url, asOwner(owner));
  // The transport's optional members do not fit its own interface under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return client;
}

/** A client on the SDK that negotiates 2026-07-28. */
export async function connectNew(url: URL, mode: "auto" | "legacy" = "auto", owner?: string, options?: ClientOptions) {
  const client = new ModernClient(identity, { versionNegotiation: { mode }, ...options });
  await client.connect(new ModernTransport(url, asOwner(owner)));
  return client;
}

export const connections = [
  ["sdk 1.32", connectOld],
  ["client 2.4", (url: URL, owner?: string) => connectNew(url, "auto", owner)],
  ["client 2.4 without negotiation", (url: URL, owner?: string) => connectNew(url, "legacy", owner)],
] as const;
