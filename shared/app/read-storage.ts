import { z } from "zod";
import { Secret } from "../kernel/secret.ts";
import { address } from "./address.ts";
import type { SettingReader } from "./config.ts";

export type StorageConfig =
  | { readonly kind: "connection-string"; readonly connectionString: Secret }
  | { readonly kind: "account"; readonly accountName: string }
  | {
      readonly kind: "addresses";
      readonly blobServiceUri: string;
      readonly queueServiceUri: string;
    };

/** The same settings that the Functions host reads, so that host and app always mean the same account. */
export function readStorage(read: SettingReader, isLocal: boolean): StorageConfig {
  const connectionString = read.text("AzureWebJobsStorage");
  if (connectionString !== undefined) return readConnectionString(read, connectionString);
  if (read.text("AzureWebJobsStorage__accountName") !== undefined) {
    return { kind: "account", accountName: read.one("AzureWebJobsStorage__accountName", accountName, "") };
  }
  const given = addressNames.filter((name) => read.text(name) !== undefined);
  if (given.length > 0) return readAddresses(read);
  const name = isLocal ? "AzureWebJobsStorage" : "AzureWebJobsStorage__accountName";
  read.refuse(name, "is missing: the app keeps everything in a storage account.");
  return { kind: "connection-string", connectionString: new Secret("") };
}

const addressNames = ["AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri"] as const;

function readAddresses(read: SettingReader) {
  for (const name of addressNames) {
    if (read.text(name) === undefined) {
      read.refuse(name, "is missing: the addresses of the blob and of the queue service go together.");
    }
  }
  return {
    kind: "addresses",
    blobServiceUri: read.one("AzureWebJobsStorage__blobServiceUri", address, ""),
    queueServiceUri: read.one("AzureWebJobsStorage__queueServiceUri", address, ""),
  } as const;
}

function readConnectionString(read: SettingReader, connectionString: string): StorageConfig {
  if (!isWhole(connectionString)) {
    read.refuse("AzureWebJobsStorage", "is no connection string of a storage account, or only a part of one.");
  }
  return { kind: "connection-string", connectionString: new Secret(connectionString) };
}

/** The three forms that the storage clients read; what is missing from one they would not say by the setting's name. */
function isWhole(connectionString: string): boolean {
  const has = (...names: string[]) => names.every((name) => connectionString.includes(`${name}=`));
  return (
    /UseDevelopmentStorage=true/i.test(connectionString) ||
    has("DefaultEndpointsProtocol", "AccountName", "AccountKey") ||
    has("BlobEndpoint", "QueueEndpoint", "SharedAccessSignature")
  );
}

const accountName = z
  .string()
  .regex(/^[a-z0-9]{3,24}$/, "the name alone is expected, 3 to 24 lower-case letters and digits");
