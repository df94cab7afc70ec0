import { type Setting, secret, setting } from "./setting.ts";

/** The model that answers. */
export const modelSettings = {
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
    setting("AZURE_OPENAI_API_KEY", "Key of the resource.", "the app's identity signs in", "<key>"),
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
} as const satisfies Record<string, Setting>;
