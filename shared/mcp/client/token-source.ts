import { z } from "zod";
import { secondMs } from "../../kernel/clock.ts";
import type { Secret, SecretText } from "../../kernel/secret.ts";
import { createTokenCache } from "../../resilience/token-cache.ts";
import { ServerFailure } from "./server-failure.ts";
import type { ServerAuth } from "./server-settings.ts";

/** What signing in needs from outside. */
export interface SignIn {
  /** A token of the app's own identity. */
  readonly identityToken: (scope: string) => Promise<string>;
  readonly readSecret: (name: string) => Promise<Secret>;
  readonly monotonic: () => number;
}

/** Gives the token for the next request. */
export interface TokenSource {
  /** @throws ServerFailure when there is none to be had */
  token(): Promise<string>;
  /** The server refused this token: do not give it again if a fresh one can be had. */
  refuse(token: string): void;
}

export function createTokenSource(auth: ServerAuth, signIn: SignIn): TokenSource {
  switch (auth.kind) {
    case "managed-identity":
      return kept(() => signIn.identityToken(auth.scope), "The app's identity gave no token for it.");
    case "bearer-secret":
      return kept(
        async () => (await signIn.readSecret(auth.secret)).open(),
        "The secret with its token cannot be read.",
      );
    case "api-key":
      return createTokenCache(signIn.monotonic, async () => {
        const body = JSON.stringify({ clientId: auth.clientId, apiKey: await read(auth.apiKey, signIn) });
        const answer = await askForToken(auth.tokenUrl, "application/json", body, apiKeyAnswer);
        return { token: answer.token, seconds: answer.expiresIn };
      });
    case "client-credentials":
      return createTokenCache(signIn.monotonic, async () => {
        const form = new URLSearchParams({ grant_type: "client_credentials", client_id: auth.clientId });
        form.set("client_secret", await read(auth.clientSecret, signIn));
        form.set("scope", auth.scope);
        const type = "application/x-www-form-urlencoded";
        const answer = await askForToken(auth.tokenUrl, type, form.toString(), credentialsAnswer);
        return { token: answer.access_token, seconds: answer.expires_in };
      });
  }
}

/** Whoever gives the token keeps it and renews it. */
const kept = (give: () => Promise<string>, problem: string): TokenSource => ({
  token: () =>
    give().then(
      (token) => token.trim(),
      (cause: unknown) => Promise.reject(new ServerFailure("auth_required", problem, cause)),
    ),
  refuse: () => {},
});

const apiKeyAnswer = z.object({ token: z.string().min(1), expiresIn: z.number().positive() });

/** expires_in is only recommended (RFC 6749, 5.1). */
const credentialsAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(600),
});

/** Signing in is one short exchange. */
const tokenLimitMs = 10 * secondMs;

async function askForToken<T>(url: string, type: string, body: string, schema: z.ZodType<T>): Promise<T> {
  const response = await send(url, type, body);
  if (response.status >= 400 && response.status < 500 && response.status !== 429) {
    throw new ServerFailure("auth_required", `Its token endpoint refused the sign-in with HTTP ${response.status}.`);
  }
  if (!response.ok) throw tokenFailure(`answered with HTTP ${response.status}`);
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw tokenFailure("gave an answer without a token");
}

async function send(url: string, type: string, body: string): Promise<Response> {
  const headers = { "content-type": type, accept: "application/json" };
  try {
    // Secrets are not sent on to where somebody else points.
    return await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "error",
      signal: AbortSignal.timeout(tokenLimitMs),
    });
  } catch (cause) {
    throw tokenFailure("cannot be reached", cause);
  }
}

const tokenFailure = (what: string, cause?: unknown): ServerFailure =>
  new ServerFailure("unreachable", `Its token endpoint ${what}.`, cause);

async function read(text: SecretText, { readSecret }: SignIn): Promise<string> {
  if ("value" in text) return text.value.open();
  try {
    return (await readSecret(text.secret)).open().trim();
  } catch (cause) {
    throw new ServerFailure("auth_required", "The secret for its token endpoint cannot be read.", cause);
  }
}
