import { type Setting, secret, setting } from "./setting.ts";

/** Secrets, pace, telemetry and log. */
export const runningSettings = {
  KEYVAULT_URI: setting(
    "KEYVAULT_URI",
    "Key Vault with the secrets that other settings name.",
    "variables named like the secrets, with _ for -",
    "https://kv-contoso.vault.azure.net",
  ),
  KEYVAULT_SECRETS: setting(
    "KEYVAULT_SECRETS",
    "Settings that the vault holds: AZURE-OPENAI-API-KEY, OPENAI-API-KEY, NOTIFY-SECRET.",
    "none: they are variables",
    "AZURE-OPENAI-API-KEY,NOTIFY-SECRET",
  ),
  TICK_SECONDS: setting(
    "TICK_SECONDS",
    "Seconds between two looks for due schedules: 5, 10, 15, 20, 30 or 60.",
    "60; npm start: 5",
    "60",
  ),
  DUE_SHARDS: setting(
    "DUE_SHARDS",
    "Parts of the index of due schedules, 1 to 64. Never lower it while schedules exist.",
    "4",
    "4",
  ),
  RUN_LEASE_SECONDS: setting(
    "RUN_LEASE_SECONDS",
    "Lease of a worker on a conversation, 15 to 60. A dead worker's run is taken up after one and a half leases.",
    "60",
    "60",
  ),
  MINIMUM_INTERVAL_SECONDS: setting(
    "MINIMUM_INTERVAL_SECONDS",
    "Shortest time from run to run that a schedule may ask for.",
    "60",
    "60",
  ),
  APPLICATIONINSIGHTS_CONNECTION_STRING: secret(
    setting(
      "APPLICATIONINSIGHTS_CONNECTION_STRING",
      "Application Insights resource that gets traces and metrics; docs/telemetry.md.",
      "they go nowhere",
      "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/",
    ),
  ),
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: setting(
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "Authorization=AAD signs in there with the app's identity; the host reads it, too.",
    "the key in the connection string",
    "Authorization=AAD",
  ),
  TELEMETRY_SAMPLING_RATIO: setting(
    "TELEMETRY_SAMPLING_RATIO",
    "Part of the traces that is sent, 0 to 1 with at most two decimals. Metrics are always sent.",
    "1",
    "0.25",
  ),
  LOG_LEVEL: setting("LOG_LEVEL", "debug, info, warning or error.", "info", "info"),
  DEBUG: setting("DEBUG", "true is the same as LOG_LEVEL=debug.", "false", "false"),
  LOG_CONTENT: setting(
    "LOG_CONTENT",
    "true lets lines of level debug hold what is said in conversations, to and by the model and tools.",
    "false",
    "false",
  ),
} as const satisfies Record<string, Setting>;
