import { z } from "zod";
import { toolsets } from "../catalog/tool.ts";
import type { SecretText } from "../kernel/secret.ts";
import type { ServerAuth, ServerSettings } from "../mcp/client/server-settings.ts";
import type { SettingReader } from "./config.ts";
import { serverName, serverSchema } from "./mcp-server-schema.ts";
import { describeSettingIssue, settingWords } from "./setting-issue.ts";

/**
 * The MCP servers whose tools runs may use: `{"mcp_servers":[...]}`, or the list alone. Every problem names its entry
 * and its field, and repeats no value: any of them may be a secret in the wrong place.
 */
export function readMcpServers(read: SettingReader, isLocal: boolean): readonly ServerSettings[] {
  const text = read.text("MCP_SERVERS");
  const entries = text === undefined ? [] : entriesIn(text);
  if (entries === undefined) {
    read.refuse("MCP_SERVERS", 'is wrong: JSON of the shape {"mcp_servers":[...]} is expected.');
    return [];
  }
  return entries.flatMap((entry, index) => {
    const parsed = serverSchema.safeParse(entry, settingWords);
    const problems = parsed.success
      ? problemsOf(parsed.data, namesIn(entries.slice(0, index)), isLocal)
      : parsed.error.issues.map(describeSettingIssue);
    const label = [`mcp_servers[${index}]`, ...namesIn([entry]).map((name) => `(${name})`)].join(" ");
    for (const problem of problems) read.refuse("MCP_SERVERS", `is wrong in ${label}: ${problem}.`);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Secrets that the servers need, by name. */
export function secretsOf(servers: readonly ServerSettings[]): readonly string[] {
  return servers.flatMap(({ transport }) => {
    if (transport.type === "stdio" || transport.auth === undefined) return [];
    return secretsOfAuth(transport.auth).flatMap((text) => ("secret" in text ? [text.secret] : []));
  });
}

function secretsOfAuth(auth: ServerAuth): readonly SecretText[] {
  switch (auth.kind) {
    case "api-key":
      return [auth.apiKey];
    case "client-credentials":
      return [auth.clientSecret];
    case "bearer-secret":
      return [{ secret: auth.secret }];
    case "managed-identity":
      return [];
  }
}

const wrapped = z.strictObject({ mcp_servers: z.array(z.unknown()) });

function entriesIn(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : wrapped.parse(parsed).mcp_servers;
  } catch {
    return undefined;
  }
}

/** Names that are none are not repeated. */
const namesIn = (entries: readonly unknown[]): readonly string[] =>
  entries.flatMap((entry) => z.looseObject({ name: serverName }).safeParse(entry).data?.name ?? []);

/** What concerns more than one field. */
function problemsOf({ name, transport }: ServerSettings, earlier: readonly string[], isLocal: boolean): string[] {
  const isSame = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  const isProgram = transport.type === "stdio";
  return [
    ...(earlier.some(isSame) ? ["name: an earlier entry has it, too"] : []),
    ...(toolsets.some(isSame) ? ["name: one of our own groups of tools has it"] : []),
    ...(isProgram && !isLocal
      ? [
          "transport.type: stdio starts a program, which is only for local work (AZURE_FUNCTIONS_ENVIRONMENT=Development)",
        ]
      : []),
    ...(isProgram || isLocal ? [] : openTokens(transport)),
  ];
}

/** A token that is sent in the open is everybody's; on the machine itself nobody listens. */
function openTokens({ url, auth }: { url: string; auth?: ServerAuth | undefined }): string[] {
  if (auth === undefined) return [];
  const isOpen = (text: string): boolean =>
    !/^(https:|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/i.test(`${text}/`);
  const tokenUrl = "tokenUrl" in auth ? auth.tokenUrl : undefined;
  return [
    ...(isOpen(url) ? ["transport.url: https:// is needed where a token is sent"] : []),
    ...(tokenUrl !== undefined && isOpen(tokenUrl) ? ["transport.auth.token_url: https:// is needed"] : []),
  ];
}
