import type { TokenCredential } from "@azure/identity";
import { QueueServiceClient } from "@azure/storage-queue";
import { commandWith, StartError } from "./start-error.ts";

/**
 * The queue service of the connection `name`, as the real host reads it: a connection string, or the settings
 * `name__queueServiceUri` or `name__accountName` with an identity.
 *
 * @throws StartError with an example when none of them is set.
 */
export function openQueueService(name: string): QueueServiceClient {
  const connectionString = process.env[name];
  if (connectionString) return QueueServiceClient.fromConnectionString(connectionString, clientOptions);
  const account = process.env[`${name}__accountName`];
  const address = process.env[`${name}__queueServiceUri`] || (account && `https://${account}.queue.core.windows.net`);
  if (address) return new QueueServiceClient(address, identity(process.env[`${name}__clientId`]), clientOptions);
  throw new StartError(
    `${name} is not set. It holds the storage's connection string, for an Azurite on its usual ports: ${commandWith(`${name}=UseDevelopmentStorage=true`)}`,
  );
}

const clientOptions = { retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 } };

/** As the real host signs in; its package is loaded with the first token. */
function identity(managedIdentityClientId: string | undefined): TokenCredential {
  let loaded: Promise<TokenCredential> | undefined;
  const load = async (): Promise<TokenCredential> => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    // The package takes a setting that is there and empty for an address.
    const authorityHost = process.env.AZURE_AUTHORITY_HOST || "https://login.microsoftonline.com";
    return new DefaultAzureCredential({ authorityHost, ...(managedIdentityClientId && { managedIdentityClientId }) });
  };
  return {
    async getToken(scopes, options) {
      loaded ??= load();
      return (await loaded).getToken(scopes, options);
    },
  };
}
