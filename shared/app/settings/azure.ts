import { type Setting, secret, setting } from "./setting.ts";

/** Storage and identity. */
export const azureSettings = {
  AzureWebJobsStorage: secret(
    setting(
      "AzureWebJobsStorage",
      "Connection string of the storage account, for local work. With an identity use the settings below instead.",
      "",
      "UseDevelopmentStorage=true",
    ),
  ),
  AzureWebJobsStorage__accountName: setting(
    "AzureWebJobsStorage__accountName",
    "Name of the storage account, reached with the app's identity.",
    "",
    "stcontoso",
  ),
  AzureWebJobsStorage__blobServiceUri: setting(
    "AzureWebJobsStorage__blobServiceUri",
    "Address of the blob service, instead of the account's name.",
    "",
    "https://stcontoso.blob.core.windows.net",
  ),
  AzureWebJobsStorage__queueServiceUri: setting(
    "AzureWebJobsStorage__queueServiceUri",
    "Address of the queue service; goes with the blob service's.",
    "",
    "https://stcontoso.queue.core.windows.net",
  ),
  AzureWebJobsStorage__clientId: setting(
    "AzureWebJobsStorage__clientId",
    "Client id of a user-assigned managed identity, for the Functions host as well.",
    "AZURE_CLIENT_ID",
    "00000000-0000-0000-0000-000000000000",
  ),
  AZURE_CLIENT_ID: setting(
    "AZURE_CLIENT_ID",
    "Client id of the app's identity: user-assigned, workload or service principal; docs/identity.md.",
    "the system-assigned identity",
    "00000000-0000-0000-0000-000000000000",
  ),
  AZURE_TENANT_ID: setting(
    "AZURE_TENANT_ID",
    "Tenant of a workload identity or service principal.",
    "",
    "00000000-0000-0000-0000-000000000000",
  ),
  AZURE_CLIENT_SECRET: secret(
    setting(
      "AZURE_CLIENT_SECRET",
      "Secret of a service principal, where the app runs outside Azure.",
      "",
      "<secret of the application>",
    ),
  ),
  AZURE_FEDERATED_TOKEN_FILE: setting(
    "AZURE_FEDERATED_TOKEN_FILE",
    "File with the token of a workload identity; AKS sets it.",
    "",
    "/var/run/secrets/azure/tokens/azure-identity-token",
  ),
  AZURE_AUTHORITY_HOST: setting(
    "AZURE_AUTHORITY_HOST",
    "Where the tenant signs in, for sovereign clouds; AKS sets it.",
    "https://login.microsoftonline.com",
    "https://login.microsoftonline.us",
  ),
  STORAGE_CONTAINER: setting(
    "STORAGE_CONTAINER",
    "Container of all blobs; the queue is named after it.",
    "scheduled-conversations",
    "scheduled-conversations",
  ),
} as const satisfies Record<string, Setting>;
