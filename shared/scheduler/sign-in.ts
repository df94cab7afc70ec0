import { z } from "zod";
import type { Secret } from "../kernel/secret.ts";
import { createTokenCache, type FreshToken, type TokenCache } from "../resilience/token-cache.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import { SchedulerFailure, unusable } from "./scheduler-failure.ts";
import { type Send, said } from "./send.ts";

/** How the app signs in; both are asked whenever a token is needed, so that a rotated key is picked up. */
export type SchedulerAuth =
  | {
      readonly kind: "client-credentials";
      readonly readId: () => Promise<Secret>;
      readonly readKey: () => Promise<Secret>;
    }
  /** Whoever gives the token keeps it and renews it. */
  | { readonly kind: "managed-identity"; readonly token: () => Promise<string> };

export interface SignIn extends TokenCache {
  /** What it holds or held that no log may show. */
  secrets(): readonly string[];
  /** The Scheduler does not accept what it was given, even fresh. */
  refused(status: number, text: string): SchedulerFailure;
}

export interface SignInOptions {
  readonly auth: SchedulerAuth;
  readonly send: Send;
  readonly monotonic: () => number;
  readonly limitMs: number;
}

export function createSignIn({ auth, send, monotonic, limitMs }: SignInOptions): SignIn {
  const secrets: string[] = [];
  const remember = (secret: string): string => {
    if (!secrets.includes(secret)) secrets.push(secret);
    if (secrets.length > mostSecrets) secrets.shift();
    return secret;
  };
  const refused: SignIn["refused"] = (status, text) => refusedBy(auth, status, text);
  const within = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(limitMs);
    return unlessAborted(work(signal), signal);
  };
  if (auth.kind === "client-credentials") {
    const fetchToken = (signal: AbortSignal) => askForToken(auth, { send, remember, refused, signal });
    const cache = createTokenCache(monotonic, () => within(fetchToken));
    return { ...cache, secrets: () => secrets, refused };
  }
  const token = async (): Promise<string> => remember((await within(auth.token).catch(unread(auth))).trim());
  return { token, refuse: () => {}, secrets: () => secrets, refused };
}

interface Asking extends Pick<SignIn, "refused"> {
  readonly send: Send;
  readonly remember: (secret: string) => string;
  readonly signal: AbortSignal;
}

async function askForToken(auth: Credentials, { send, remember, refused, signal }: Asking): Promise<FreshToken> {
  const [id, key] = await Promise.all([auth.readId(), auth.readKey()]).catch(unread(auth));
  const body = { clientId: id.open().trim(), apiKey: remember(key.open().trim()) };
  const { status, json, text } = await send({ method: "POST", path: "api/auth/token", body }, signal);
  if (status === 404 || status === 405) throw unusable(`no way to sign in (HTTP ${status})`, said(status, text));
  if (status >= 400) throw refused(status, text);
  const { data } = tokenSchema.safeParse(json);
  // Not what it said: it may hold the token.
  if (data === undefined) throw unusable("an answer without a token");
  return { token: remember(data.token), seconds: data.expiresIn };
}

const unread =
  ({ kind }: SchedulerAuth) =>
  (cause: unknown): never => {
    const message = `What signs in to the external Scheduler cannot be had. ${advices[kind]}`;
    throw new SchedulerFailure("sign_in", message, { cause });
  };

const refusedBy = ({ kind }: SchedulerAuth, status: number, text: string): SchedulerFailure =>
  new SchedulerFailure("sign_in", `The external Scheduler refuses the sign-in (HTTP ${status}). ${advices[kind]}`, {
    status,
    cause: said(status, text),
  });

type Credentials = Extract<SchedulerAuth, { kind: "client-credentials" }>;

/** A key and tokens of two hours: those before are worth nothing any more. */
const mostSecrets = 8;

/** What a header can carry. */
const tokenSchema = z.object({ token: z.string().regex(/^[\x21-\x7e]+$/), expiresIn: z.number().positive() });

const advices: Readonly<Record<SchedulerAuth["kind"], string>> = {
  "client-credentials": "Compare the secrets SCHEDULER-CLIENT-ID and SCHEDULER-API-KEY with what it is set up with.",
  "managed-identity": "Check SCHEDULER_SCOPE, and that the app's identity has its role there.",
};
