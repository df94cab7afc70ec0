/** One variable of the environment, as README and local.settings.sample.json describe it. */
export interface Setting {
  readonly name: string;
  readonly meaning: string;
  /** What holds when it is not set; empty when there is nothing. */
  readonly otherwise: string;
  /** A value that works, for error messages and the sample file. */
  readonly example: string;
  /** Its value is a secret, or may hold one, and is never shown. */
  readonly isSecret?: true;
}

const setting = (name: string, meaning: string, otherwise: string, example: string): Setting => ({
  name,
  meaning,
  otherwise,
  example,
});

const secret = (plain: Setting) => ({ ...plain, isSecret: true }) as const;

/** Every variable that the app reads, in the order of the README. */
export const settings = {
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
    "Client id of a user-assigned managed identity.",
    "the system-assigned one",
    "00000000-0000-0000-0000-000000000000",
  ),
  STORAGE_CONTAINER: setting(
    "STORAGE_CONTAINER",
    "Container of all blobs; the queue is named after it.",
    "scheduled-conversations",
    "scheduled-conversations",
  ),
  MCP_AUTH: setting(
    "MCP_AUTH",
    "Who may call: function-key, or none (local work only).",
    "function-key",
    "function-key",
  ),
  MCP_TOOLSETS: setting(
    "MCP_TOOLSETS",
    "Groups of tools to offer: schedules, runs, approvals, conversations, knowledge.",
    "all",
    "schedules,runs",
  ),
  MCP_READ_ONLY: setting("MCP_READ_ONLY", "true leaves only tools that change nothing.", "false", "false"),
  ALLOWED_HOSTS: setting(
    "ALLOWED_HOSTS",
    "Further host names under which the endpoint may be called.",
    "the app's own name",
    "mcp.contoso.com",
  ),
  ALLOWED_ORIGINS: setting(
    "ALLOWED_ORIGINS",
    "Origins whose web pages may call the endpoint.",
    "none",
    "https://contoso.com",
  ),
  MODEL_PROVIDER: setting(
    "MODEL_PROVIDER",
    "azure-openai, openai (any compatible server) or rehearsal (offline, answers without a model).",
    "by the settings below; rehearsal in local work",
    "azure-openai",
  ),
  AZURE_OPENAI_ENDPOINT: setting(
    "AZURE_OPENAI_ENDPOINT",
    "Address of the Azure OpenAI resource.",
    "",
    "https://contoso.openai.azure.com",
  ),
  AZURE_OPENAI_DEPLOYMENT_NAME: setting("AZURE_OPENAI_DEPLOYMENT_NAME", "Deployment that answers.", "", "gpt-5-mini"),
  AZURE_OPENAI_API_KEY: secret(
    setting("AZURE_OPENAI_API_KEY", "Key of the resource.", "the app's identity signs in", "<key of the resource>"),
  ),
  AZURE_OPENAI_API_VERSION: setting(
    "AZURE_OPENAI_API_VERSION",
    "Only for dated deployments.",
    "the version-free v1 API",
    "2024-10-21",
  ),
  AZURE_OPENAI_SCOPE: setting(
    "AZURE_OPENAI_SCOPE",
    "Scope of the identity's token.",
    "https://cognitiveservices.azure.com/.default",
    "https://cognitiveservices.azure.com/.default",
  ),
  OPENAI_BASE_URL: setting(
    "OPENAI_BASE_URL",
    "Address of an OpenAI-compatible server.",
    "https://api.openai.com/v1",
    "http://127.0.0.1:11434/v1",
  ),
  OPENAI_API_KEY: secret(setting("OPENAI_API_KEY", "Key for that server; local servers need none.", "", "<key>")),
  OPENAI_MODEL: setting("OPENAI_MODEL", "Model that answers there.", "", "gpt-5-mini"),
  MODEL_CONTEXT_TOKENS: setting(
    "MODEL_CONTEXT_TOKENS",
    "Context window of the model, in tokens. A conversation that outgrows three quarters of it is summed up.",
    "128000",
    "128000",
  ),
  MODEL_PRICES: setting(
    "MODEL_PRICES",
    "JSON: currency, and for each model what a million tokens cost that are sent (input) and written (output).",
    "no cost is shown",
    '{"currency":"EUR","models":{"gpt-5-mini":{"input":0.25,"output":2}}}',
  ),
  MCP_SERVERS: secret(
    setting(
      "MCP_SERVERS",
      "MCP servers whose tools runs may use, as JSON; docs/toolbox.md has every field.",
      "none",
      '{"mcp_servers":[{"name":"docs","transport":{"type":"http","url":"https://mcp.contoso.com/mcp"}}]}',
    ),
  ),
  NOTIFY_URL: secret(
    setting(
      "NOTIFY_URL",
      "Where schedules tell what has happened that name no notify_url of their own.",
      "nothing is told",
      "https://hooks.contoso.com/conversations",
    ),
  ),
  NOTIFY_FORMAT: setting(
    "NOTIFY_FORMAT",
    "Of all notifications: standard (Standard Webhooks, signed), teams or slack.",
    "standard",
    "standard",
  ),
  NOTIFY_SECRET: secret(
    setting(
      "NOTIFY_SECRET",
      "Key that signs notifications: whsec_ and 24 to 64 random bytes in base64. The format standard needs it.",
      "",
      "whsec_PHB1dCAzMiByYW5kb20gYnl0ZXMgaGVyZT4=",
    ),
  ),
  SCHEDULER_URL: setting(
    "SCHEDULER_URL",
    "External Scheduler that calls back at each slot; docs/scheduler.md.",
    "the timer alone wakes the app",
    "https://scheduler.contoso.com",
  ),
  SCHEDULER_AUTH: setting(
    "SCHEDULER_AUTH",
    "How the app signs in there: client-credentials (two secrets) or managed-identity.",
    "client-credentials",
    "client-credentials",
  ),
  SCHEDULER_SCOPE: setting(
    "SCHEDULER_SCOPE",
    "Scope of the identity's token for the Scheduler.",
    "",
    "api://scheduler.contoso.com/.default",
  ),
  SCHEDULER_GRACE_SECONDS: setting(
    "SCHEDULER_GRACE_SECONDS",
    "Seconds after a slot until the timer dispatches it when no callback has come, 5 to 180.",
    "90",
    "90",
  ),
  SCHEDULER_BATCH_SIZE: setting(
    "SCHEDULER_BATCH_SIZE",
    "Calls of the Scheduler in one group, and at a time, 1 to 100.",
    "10",
    "10",
  ),
  SCHEDULER_BATCH_PAUSE_MS: setting(
    "SCHEDULER_BATCH_PAUSE_MS",
    "Milliseconds from one group of calls to the next.",
    "500",
    "500",
  ),
  PUBLIC_URL: setting(
    "PUBLIC_URL",
    "Address under which the Scheduler reaches the app.",
    "the app's own name, locally with the port it listens on",
    "https://conversations.contoso.com",
  ),
  SCHEDULER_PROOFS: setting(
    "SCHEDULER_PROOFS",
    "What proves the origin of a callback: url (signed address), webhook (Standard Webhooks), entra (token).",
    "url with SCHEDULER_URL, else no callback is taken",
    "url,webhook",
  ),
  SCHEDULER_CALLER_TENANT: setting(
    "SCHEDULER_CALLER_TENANT",
    "With entra: tenant of the callers.",
    "",
    "00000000-0000-0000-0000-000000000000",
  ),
  SCHEDULER_CALLER_AUDIENCE: setting(
    "SCHEDULER_CALLER_AUDIENCE",
    "With entra: application id (URI) that their tokens are for.",
    "",
    "api://conversations.contoso.com",
  ),
  SCHEDULER_CALLER_ROLE: setting(
    "SCHEDULER_CALLER_ROLE",
    "With entra: application role that a caller must have.",
    "Scheduler.Callback",
    "Scheduler.Callback",
  ),
  KEYVAULT_URI: setting(
    "KEYVAULT_URI",
    "Key Vault with the secrets that other settings name.",
    "variables named like the secrets, with _ for -",
    "https://kv-contoso.vault.azure.net",
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
  LOG_LEVEL: setting("LOG_LEVEL", "debug, info, warning or error.", "info", "info"),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
