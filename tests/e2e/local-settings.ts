import { inject } from "vitest";
import { freshName } from "../support/azurite-storage.ts";

/** Settings of an app of its own on the Azurite of this test run. */
export const localSettings = (more: Record<string, string> = {}): Record<string, string> => ({
  AzureWebJobsStorage: inject("storageConnectionString"),
  STORAGE_CONTAINER: freshName(),
  AZURE_FUNCTIONS_ENVIRONMENT: "Development",
  MCP_AUTH: "none",
  MODEL_PROVIDER: "rehearsal",
  TICK_SECONDS: "5",
  ...more,
});
