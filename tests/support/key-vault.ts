import { SecretClient } from "@azure/keyvault-secrets";
import { startWebServer } from "./web-server.ts";

/** A stand-in for Key Vault that the real client talks to: it wants a token, and keeps secrets by name. */
export async function startKeyVault(secrets: Record<string, string>) {
  const asked: string[] = [];
  let isDown = false;
  const server = await startWebServer(({ url, headers }) => {
    const { pathname, origin } = new URL(url);
    if (headers.get("authorization") !== "Bearer vault-token") return challenge();
    const name = pathname.split("/")[2] ?? "";
    asked.push(name);
    if (isDown) return Response.json({ error: { code: "Forbidden", message: "no s3cr3t for you" } }, { status: 403 });
    const value = secrets[name];
    if (value === undefined) return Response.json({ error: { code: "SecretNotFound" } }, { status: 404 });
    return Response.json({ value, id: `${origin}/secrets/${name}/1`, attributes: { enabled: true } });
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    ...server,
    asked,
    /** The real client; only that there is no TLS on this machine is told to it. */
    open: async () => new SecretClient(url, credential, { disableChallengeResourceVerification: true, ...withoutTls }),
    refuse(refuses: boolean): void {
      isDown = refuses;
    },
  };
}

const credential = { getToken: async () => ({ token: "vault-token", expiresOnTimestamp: Date.now() + 3_600_000 }) };

const challenge = (): Response =>
  new Response(null, {
    status: 401,
    headers: {
      "www-authenticate":
        'Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"',
    },
  });

const withoutTls: ConstructorParameters<typeof SecretClient>[2] = {
  additionalPolicies: [
    {
      position: "perRetry",
      policy: {
        name: "withoutTls",
        sendRequest: (request, next) => {
          request.allowInsecureConnection = true;
          return next(request);
        },
      },
    },
  ],
};
