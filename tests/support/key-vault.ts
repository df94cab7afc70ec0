import { Agent } from "node:https";
import type { LookupFunction } from "node:net";
import type { SecretClientOptions } from "@azure/keyvault-secrets";
import type { Credential } from "../../shared/azure/identity.ts";
import { openVault } from "../../shared/azure/vault.ts";
import { createCertificate } from "./certificate.ts";
import { startWebServer } from "./web-server.ts";

/** What a stand-in does instead of giving a secret. */
export type VaultTrouble =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | "hang"
  | "garbage";

export interface KeyVaultOptions {
  readonly credential?: Credential;
  /** The service that the stand-in asks a token for. */
  readonly resource?: string;
}

const host = "kv-contoso.vault.azure.net";

/**
 * A stand-in for Key Vault over https, under a name that a vault has in Azure, so that the real client verifies
 * certificate and challenge as it does there.
 */
export async function startKeyVault(secrets: Record<string, string>, options: KeyVaultOptions = {}) {
  const { credential = vaultCredential, resource = "https://vault.azure.net" } = options;
  const certificate = await createCertificate([host]);
  const asked: string[] = [];
  const disabled = new Set<string>();
  let trouble: VaultTrouble | undefined;
  let times = 0;
  const server = await startWebServer(
    async ({ url, headers }) => {
      const authorization = headers.get("authorization");
      if (authorization === null) return challenge(resource);
      const name = new URL(url).pathname.split("/")[2] ?? "";
      asked.push(name);
      if (trouble !== undefined && times-- > 0) return inTrouble(trouble);
      if (authorization !== "Bearer vault-token") return refusal(401, "Unauthorized");
      if (disabled.has(name)) return refusal(403, "Forbidden", "SecretDisabled");
      const value = secrets[name];
      if (value === undefined) return refusal(404, "SecretNotFound");
      return Response.json({ value, id: `https://${host}/secrets/${name}/1`, attributes: { enabled: true } });
    },
    0,
    certificate,
  );
  const url = `https://${host}:${server.port}`;
  const agent = new Agent({ ca: certificate.cert, lookup: toThisMachine });
  return {
    url,
    asked,
    disabled,
    /** The app's own way to a vault; told about this machine only: where the name leads, and whom to trust. */
    open: () => openVault(url, credential, { retryOptions: quickRetries, additionalPolicies: [through(agent)] }),
    /** From now on, or for so many requests; undefined ends it. */
    fail(next: VaultTrouble | undefined, requests = Number.POSITIVE_INFINITY): void {
      trouble = next;
      times = requests;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await Promise.all([server[Symbol.asyncDispose](), certificate[Symbol.asyncDispose]()]);
    },
  };
}

const vaultCredential: Credential = {
  getToken: async () => ({ token: "vault-token", expiresOnTimestamp: Date.now() + 3_600_000 }),
};

const challenge = (resource: string): Response =>
  new Response(null, {
    status: 401,
    headers: {
      "www-authenticate": `Bearer authorization="https://login.microsoftonline.com/tenant", resource="${resource}"`,
    },
  });

const refusal = (status: number, code: string, inner?: string): Response => {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } };
  return Response.json({ error: { code, message: "no s3cr3t for you", ...innererror } }, { status });
};

function inTrouble(trouble: VaultTrouble): Response | Promise<Response> {
  if (trouble === "hang") return new Promise(() => undefined);
  if (trouble === "garbage") return new Response("<html>s3cr3t</html>", { headers: { "content-type": "text/html" } });
  const { status, body = { error: { code: "Down", message: "s3cr3t reasons" } }, headers = {} } = trouble;
  return Response.json(body, { status, headers });
}

const toThisMachine: LookupFunction = (_name, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);

/** The attempts are the app's, the waits between them are not. */
const quickRetries: NonNullable<SecretClientOptions["retryOptions"]> = {
  maxRetries: 3,
  retryDelayInMs: 1,
  maxRetryDelayInMs: 2,
};

const through = (agent: Agent): NonNullable<SecretClientOptions["additionalPolicies"]>[number] => ({
  position: "perRetry",
  policy: {
    name: "throughAgent",
    sendRequest: (request, next) => {
      request.agent = agent;
      return next(request);
    },
  },
});
