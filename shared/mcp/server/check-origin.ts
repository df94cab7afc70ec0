import { refusal } from "./refusal.ts";

export interface OriginRules {
  /** Host names (without port) under which this server may be called. */
  readonly hosts: readonly string[];
  /** Whole origins, `https://contoso.com`, whose pages may call this server. */
  readonly origins: readonly string[];
  /** Also localhost in all its spellings; never in Azure. */
  readonly allowLocalhost: boolean;
}

/**
 * Keeps web pages from calling a server that trusts its network (DNS rebinding): a page that reaches us under a name
 * of its own is refused by the Host, a page of another site by the Origin. Programs send no Origin.
 */
export function checkOrigin({ headers }: Request, rules: OriginRules): Response | undefined {
  // A proxy in front (the Functions host is one) puts the name that was really called into X-Forwarded-Host.
  const host = hostName(headers.get("x-forwarded-host") ?? headers.get("host") ?? "");
  if (!isKnownHost(host, rules)) {
    return refusal(403, -32000, `This server is not called ${JSON.stringify(host)}. Add the name to ALLOWED_HOSTS.`);
  }
  const origin = headers.get("origin");
  if (origin === null || isKnownOrigin(origin, rules)) return undefined;
  return refusal(403, -32000, "Pages of this origin may not call this server. Add it to ALLOWED_ORIGINS.");
}

const localHosts = ["localhost", "127.0.0.1", "[::1]"];

const isKnownHost = (host: string, { hosts, allowLocalhost }: OriginRules): boolean =>
  hosts.includes(host) || (allowLocalhost && localHosts.includes(host));

function isKnownOrigin(origin: string, rules: OriginRules): boolean {
  if (rules.origins.includes(origin)) return true;
  return rules.allowLocalhost && URL.canParse(origin) && localHosts.includes(new URL(origin).hostname);
}

const hostName = (host: string): string => host.trim().toLowerCase().replace(/:\d+$/, "");
