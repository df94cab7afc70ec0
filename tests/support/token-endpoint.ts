import { azureToken } from "./azure-token.ts";
import type { Certificate } from "./certificate.ts";
import { startWebServer } from "./web-server.ts";

/** What the endpoint does instead of giving a token. */
export type TokenTrouble = { readonly status: number; readonly error: string } | "cut";

/** A stand-in for where a tenant signs in, over https as the library insists: its description, and tokens for apps. */
export async function startTokenEndpoint(certificate: Certificate, tenant: string) {
  const forms: Record<string, string>[] = [];
  const troubles = new Map<string, TokenTrouble>();
  const server = await startWebServer(
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === `/${tenant}/v2.0/.well-known/openid-configuration`) return Response.json(description());
      if (pathname !== `/${tenant}/oauth2/v2.0/token`) return new Response(null, { status: 404 });
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      forms.push(form);
      const trouble = troubles.get(form.client_id ?? "");
      if (trouble === "cut") throw new Error("The connection is cut.");
      if (trouble !== undefined) {
        const { status, error } = trouble;
        return Response.json({ error, error_description: "AADSTS7000215: no s3cr3t for you" }, { status });
      }
      const access_token = azureToken(form.scope ?? "").token;
      return Response.json({ token_type: "Bearer", expires_in: 3600, ext_expires_in: 3600, access_token });
    },
    0,
    certificate,
  );
  const authorityHost = `https://127.0.0.1:${server.port}`;
  const description = () => ({
    issuer: `${authorityHost}/${tenant}/v2.0`,
    authorization_endpoint: `${authorityHost}/${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${authorityHost}/${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${authorityHost}/${tenant}/discovery/v2.0/keys`,
  });
  return {
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    authorityHost,
    /** What was asked with, form by form. */
    forms,
    /** For one application. */
    fail(clientId: string, trouble: TokenTrouble): void {
      troubles.set(clientId, trouble);
    },
  };
}
