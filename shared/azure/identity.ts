import type { TokenCredential } from "@azure/identity";

/** What every Azure client takes to sign in. */
export type Credential = TokenCredential;

export interface IdentitySettings {
  /** Client id of a user-assigned managed identity. */
  readonly clientId?: string | undefined;
  /** On a developer's machine the signed-in developer is the identity. */
  readonly isLocal: boolean;
}

/**
 * The one credential for everything, chosen by where the app runs. The identity package is loaded with the first
 * token: a local start without Azure never pays for it.
 */
export function createCredential(settings: IdentitySettings): Credential {
  let loaded: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      loaded ??= load(settings);
      return (await loaded).getToken(scopes, options);
    },
  };
}

/** A function that gives a bearer token for a scope; the credential caches and refreshes. */
export const createTokenProvider = (credential: TokenCredential, scope: string) => async (): Promise<string> => {
  const token = await credential.getToken(scope);
  if (token === null) throw new Error(`The identity gave no token for ${scope}.`);
  return token.token;
};

async function load({ clientId, isLocal }: IdentitySettings): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import("@azure/identity");
  if (isLocal) return new DefaultAzureCredential();
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}
