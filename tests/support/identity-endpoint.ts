import { randomUUID } from "node:crypto";
import { azureToken } from "./azure-token.ts";
import { startWebServer } from "./web-server.ts";

/** What the endpoint does instead of giving a token. */
export type IdentityTrouble = { readonly status: number } | "hang" | "garbage" | "cut";

/**
 * A stand-in for the identity endpoint of App Service, Functions and Container Apps.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startIdentityEndpoint() {
  const header = randomUUID();
  const asked: { resource: string; clientId: string | null }[] = [];
  const troubles = new Map<string, IdentityTrouble>();
  const server = await startWebServer(({ url, headers }) => {
    const { searchParams } = new URL(url);
    const resource = searchParams.get("resource") ?? "";
    const clientId = searchParams.get("client_id");
    asked.push({ resource, clientId });
    const trouble = troubles.get(clientId ?? resource) ?? troubles.get(resource);
    if (trouble !== undefined) return inTrouble(trouble);
    if (headers.get("x-identity-header") !== header) return Response.json({ error: "unauthorized" }, { status: 401 });
    if (searchParams.get("api-version") !== "2019-08-01") return Response.json({ error: "version" }, { status: 400 });
    const { token, expiresAt } = azureToken(resource);
    const more = { token_type: "Bearer", client_id: clientId ?? "the-app" };
    return Response.json({ access_token: token, expires_on: String(expiresAt), resource, ...more });
  });
  return {
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    /** What the platform sets in the app's environment. */
    environment: { IDENTITY_ENDPOINT: `http://127.0.0.1:${server.port}/msi/token`, IDENTITY_HEADER: header },
    asked,
    /** For one service, or for one user-assigned identity. */
    fail(resourceOrClientId: string, trouble: IdentityTrouble): void {
      troubles.set(resourceOrClientId, trouble);
    },
  };
}

function inTrouble(trouble: IdentityTrouble): Response | Promise<Response> {
  if (trouble === "hang") return new Promise(() => undefined);
  if (trouble === "garbage") return new Response("<html>s3cr3t</html>");
  if (trouble === "cut") throw new Error("The connection is cut.");
  return Response.json({ error: "no", error_description: "no s3cr3t for you" }, trouble);
}
