import { z } from "zod";
import { Secret, type SecretText } from "../kernel/secret.ts";
import type { ServerAuth, ServerSettings } from "../mcp/client/server-settings.ts";
import { address } from "./address.ts";
import { settingWords } from "./setting-issue.ts";

/** With a tool's name behind it, it has to fit into the 64 characters of a function's name; `__` separates the two. */
export const serverName = z
  .string()
  .max(32, "at most 32 characters are expected")
  .regex(
    /^[A-Za-z0-9](?:[_-]?[A-Za-z0-9])*$/,
    "letters and digits are expected, with single _ or - between them, because it stands before the tools' names",
  );

const filled = z.string().trim().min(1, "must not be empty");

/** Of Key Vault's names: a token that was put here by mistake has other characters. */
const secretName = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,127}$/, "the name of a secret is expected (letters, digits, hyphens), not the secret itself");

/** Not a union: its problems would not say which form was meant. */
const secretText = z.unknown().transform((given, context): SecretText => {
  const isName = typeof given === "object" && given !== null;
  const schema: z.ZodType<SecretText> = isName
    ? z.strictObject({ secret: secretName })
    : filled.transform((value) => ({ value: new Secret(value) }));
  return passOn(schema, given, context);
});

const apiKeyAuth = z
  .strictObject({ client_id: filled, api_key: secretText, token_url: address.optional() })
  .transform(({ client_id, api_key, token_url }) => ({
    kind: "api-key" as const,
    clientId: client_id,
    apiKey: api_key,
    // The server's own; where it is depends on the server's address.
    tokenUrl: token_url ?? "/api/auth/token",
  }));

const credentialsAuth = z
  .strictObject({ client_id: filled, client_secret: secretText, token_url: address, scope: filled })
  .transform(({ client_id, client_secret, token_url, scope }) => ({
    kind: "client-credentials" as const,
    clientId: client_id,
    clientSecret: client_secret,
    tokenUrl: token_url,
    scope,
  }));

const identityAuth = z
  .strictObject({ use_managed_identity: z.literal(true, "true is expected"), scope: filled })
  .transform(({ scope }) => ({ kind: "managed-identity" as const, scope }));

const bearerAuth = z
  .strictObject({ bearer_secret: secretName })
  .transform(({ bearer_secret }) => ({ kind: "bearer-secret" as const, secret: bearer_secret }));

/** Which form is meant shows in the field that only it has. */
const auths: Readonly<Record<string, z.ZodType<ServerAuth>>> = {
  use_managed_identity: identityAuth,
  bearer_secret: bearerAuth,
  client_secret: credentialsAuth,
  api_key: apiKeyAuth,
};

const auth = z.looseObject({}, "an object is expected").transform((given, context): ServerAuth => {
  const field = Object.keys(auths).find((name) => name in given);
  const schema = field === undefined ? undefined : auths[field];
  if (schema !== undefined) return passOn(schema, given, context);
  context.addIssue(`one of the fields ${Object.keys(auths).join(", ")} is expected`);
  return z.NEVER;
});

const webAddress = address.refine((url) => !/^\w+:\/\/[^/]*@/.test(url), "no name and password are allowed in it");

const transport = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.enum(["http", "sse"]), url: webAddress, auth: auth.optional() }),
    z.strictObject({
      type: z.literal("stdio"),
      command: filled,
      args: z.array(z.string()).default([]),
      env: z.record(z.string(), z.string()).default({}),
    }),
  ],
  '"http", "sse" or "stdio" is expected',
);

/** One entry of MCP_SERVERS. */
export const serverSchema = z
  .strictObject({
    name: serverName,
    transport,
    tools: z.array(filled).min(1, "at least one is expected; leave it out for all tools").optional(),
    read_only: z.boolean().default(false),
  })
  .transform(
    ({ name, transport: given, tools, read_only }): ServerSettings => ({
      name,
      transport: given.type === "stdio" ? given : { ...given, auth: withTokenUrl(given.auth, given.url) },
      tools,
      readOnly: read_only,
    }),
  );

function withTokenUrl(given: ServerAuth | undefined, url: string): ServerAuth | undefined {
  return given?.kind === "api-key" ? { ...given, tokenUrl: new URL(given.tokenUrl, url).href } : given;
}

/** Reads with a schema that was chosen by what was given, and keeps where each problem is. */
function passOn<T>(schema: z.ZodType<T>, given: unknown, context: z.core.$RefinementCtx): T {
  const parsed = schema.safeParse(given, settingWords);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue, continue: false } as never);
  return z.NEVER;
}
