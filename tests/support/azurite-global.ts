import type { TestProject } from "vitest/node";
import { startAzurite } from "../../tools/azurite.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Connection string of the one Azurite that all files of a test run share: blob and queue service, in memory. */
    storageConnectionString: string;
  }
}

export default async function startSharedAzurite(project: TestProject): Promise<() => Promise<void>> {
  const azurite = await startAzurite({ memory: true });
  project.provide("storageConnectionString", azurite.connectionString);
  return azurite.stop;
}
