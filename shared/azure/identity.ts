import type { TokenCredential } from "@azure/identity";
import { secondMs } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { AppEvent, Events } from "../kernel/events.ts";
import type { Secret } from "../kernel/secret.ts";
import { unlessAborted } from "../resilience/unless-aborted.ts";
import { createOutages, type DependencyHealth, type LastAnswer } from "./dependency-health.ts";
import { toSignInError } from "./sign-in-error.ts";

/** What every Azure client takes to sign in. */
export type Credential = TokenCredential;

/** Who the app is towards Azure. */
export type Identity =
  /** Given to the app by Functions, Container Apps or a virtual machine; without an id the system-assigned one. */
  | { readonly kind: "managed"; readonly clientId: string | undefined }
  /** AKS: Kubernetes writes a token into a file, which Entra takes in exchange. */
  | (Registration & { readonly kind: "workload"; readonly tokenFile: string })
  | (Registration & { readonly kind: "service-principal"; readonly clientSecret: Secret })
  /** Who is signed in on this machine: az login, azd auth login, Visual Studio Code. */
  | (Tenancy & { readonly kind: "developer" });

interface Tenancy {
  /** Where the tenant signs in; absent: the public cloud. */
  readonly authorityHost: string | undefined;
}

/** An application in Entra ID. */
interface Registration extends Tenancy {
  readonly tenantId: string;
  readonly clientId: string;
}

export interface AppCredential extends Credential {
  /** How the last sign-in went. */
  health(): DependencyHealth;
}

export interface CredentialOptions {
  readonly events: Events;
  /** Milliseconds after which a sign-in counts as failed. */
  readonly limitMs?: number;
}

/**
 * The one credential for everything. The identity package is loaded with the first token: a local start without Azure
 * never pays for it. `getToken` throws AppError AUTHENTICATION_ERROR, or the reason of the caller's signal.
 */
export function createCredential(identity: Identity, { events, limitMs = signInMs }: CredentialOptions): AppCredential {
  const secret = identity.kind === "service-principal" ? identity.clientSecret.open() : undefined;
  const outages = createOutages(events, { lost, back, secret });
  let loaded: Promise<TokenCredential> | undefined;
  const ask: TokenCredential["getToken"] = async (scopes, options) => {
    loaded ??= load(identity);
    return (await loaded).getToken(scopes, options);
  };
  return {
    health: () => healthOf(outages.last()),
    async getToken(scopes, options) {
      const asked = options?.abortSignal;
      const callers = asked instanceof AbortSignal ? [asked] : [];
      try {
        // The package's own clients pass no signal on: an endpoint that never answers would hold the caller for ever.
        const signal = AbortSignal.any([AbortSignal.timeout(limitMs), ...callers]);
        const token = await unlessAborted(ask(scopes, options), signal);
        outages.answered();
        return token;
      } catch (thrown) {
        for (const signal of callers) signal.throwIfAborted();
        const failure = toSignInError(identity.kind, thrown);
        outages.failed(failure);
        throw failure;
      }
    },
  };
}

/** A function that gives a bearer token for a scope; the credential caches and refreshes. */
export const createTokenProvider = (credential: TokenCredential, scope: string) => async (): Promise<string> => {
  const token = await credential.getToken(scope);
  if (token === null) throw new AppError("AUTHENTICATION_ERROR", `The app's identity gave no token for ${scope}.`);
  return token.token;
};

/** The package tries four times within 6 s (measured), and calls to storage give up after 10 s. */
const signInMs = 9 * secondMs;

const lost: AppEvent = {
  level: "warning",
  name: "identity.unavailable",
  message: "The app's identity gets no token: what needs Azure fails until it does.",
};

const back: AppEvent = { level: "info", name: "identity.available", message: "The app's identity gets tokens again." };

const healthOf = ({ isUsed, failure }: LastAnswer): DependencyHealth => {
  if (failure !== undefined) return { state: "unavailable", error: failure.code };
  return { state: isUsed ? "ok" : "unused" };
};

async function load(identity: Identity): Promise<TokenCredential> {
  const library = await import("@azure/identity");
  const authority = authorityOf("authorityHost" in identity ? identity.authorityHost : undefined);
  switch (identity.kind) {
    case "managed": {
      const { clientId } = identity;
      return new library.ManagedIdentityCredential({ ...authority, ...(clientId === undefined ? {} : { clientId }) });
    }
    case "workload": {
      const { tenantId, clientId, tokenFile } = identity;
      return new library.WorkloadIdentityCredential({ ...authority, tenantId, clientId, tokenFilePath: tokenFile });
    }
    case "service-principal": {
      const { tenantId, clientId, clientSecret } = identity;
      return new library.ClientSecretCredential(tenantId, clientId, clientSecret.open(), authority);
    }
    case "developer":
      return new library.DefaultAzureCredential(authority);
  }
}

/**
 * Always said: the package takes an AZURE_AUTHORITY_HOST that is empty, as in the sample settings, for an address. Clouds
 * that Microsoft's directory of clouds does not list cannot be looked up there.
 */
const authorityOf = (authorityHost = "https://login.microsoftonline.com") => ({
  authorityHost,
  disableInstanceDiscovery: !listedHosts.test(authorityHost),
});

/** https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
const listedHosts =
  /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|login\.chinacloudapi\.cn)(\/|$)/;
