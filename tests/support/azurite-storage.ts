import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import {
  type AzureStorage,
  type AzureStorageOptions,
  createAzureStorage,
} from "../../shared/azure/storage/azure-storage.ts";
import type { StorageOperation } from "../../shared/azure/storage/wiretap.ts";

export interface TestStorage extends AzureStorage {
  /** What was sent since the last call, as `kind path`; for what a step costs. */
  takeOperations(): StorageOperation[];
}

/** The real client against the Azurite of this test run, or against a proxy in front of it. */
export function createTestStorage(
  options: Partial<AzureStorageOptions> = {},
  connectionString = inject("storageConnectionString"),
): TestStorage {
  const operations: StorageOperation[] = [];
  const storage = createAzureStorage(
    { connectionString },
    {
      localNow: () => Date.now(),
      monotonic: () => performance.now(),
      onOperation: (operation) => operations.push(operation),
      ...options,
    },
  );
  return { ...storage, takeOperations: () => operations.splice(0) };
}

/** A container or queue of a test's own. */
export const freshName = (): string => `t-${randomUUID()}`;
