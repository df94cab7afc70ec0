import { z } from "zod";
import type { SecretText } from "../kernel/secret.ts";
import { isSendableKey } from "../openai/sendable-key.ts";
import { address } from "./address.ts";
import type { SettingReader } from "./config.ts";
import { readSecretText } from "./read-secrets.ts";

export type ModelConfig =
  | { readonly kind: "rehearsal" }
  | {
      readonly kind: "azure-openai";
      readonly endpoint: string;
      readonly deployment: string;
      readonly apiKey: SecretText | undefined;
      readonly apiVersion: string | undefined;
      readonly scope: string;
    }
  | {
      readonly kind: "openai";
      readonly baseUrl: string;
      readonly apiKey: SecretText | undefined;
      readonly model: string;
    };

const providers = ["azure-openai", "openai", "rehearsal"] as const;

const defaultScope = "https://cognitiveservices.azure.com/.default";
const defaultBaseUrl = "https://api.openai.com/v1";

/**
 * Which model answers. Without MODEL_PROVIDER the settings of a provider choose it. The rehearsal model answers
 * without a model, so outside local work it has to be asked for by name.
 */
export function readModel(read: SettingReader, isLocal: boolean): ModelConfig {
  const isNamed = read.text("MODEL_PROVIDER") !== undefined;
  const provider = isNamed ? read.one("MODEL_PROVIDER", z.enum(providers), "rehearsal") : infer(read);
  if (provider === "azure-openai") return readAzureOpenAi(read);
  if (provider === "openai") return readOpenAi(read);
  if (provider === undefined && !isLocal) {
    read.refuse("AZURE_OPENAI_ENDPOINT", "is missing, and so is OPENAI_BASE_URL: no model is configured.");
  }
  return { kind: "rehearsal" };
}

function infer(read: SettingReader): "azure-openai" | "openai" | undefined {
  if (read.text("AZURE_OPENAI_ENDPOINT") !== undefined) return "azure-openai";
  const hasKey = readSecretText(read, "OPENAI_API_KEY", z.string()) !== undefined;
  return hasKey || read.text("OPENAI_BASE_URL") !== undefined ? "openai" : undefined;
}

function readAzureOpenAi(read: SettingReader): ModelConfig {
  const endpoint = read.one("AZURE_OPENAI_ENDPOINT", address, "");
  const deployment = read.text("AZURE_OPENAI_DEPLOYMENT_NAME") ?? "";
  if (read.text("AZURE_OPENAI_ENDPOINT") === undefined) {
    read.refuse("AZURE_OPENAI_ENDPOINT", "is missing: MODEL_PROVIDER is azure-openai.");
  }
  if (deployment === "")
    read.refuse("AZURE_OPENAI_DEPLOYMENT_NAME", "is missing: it names the deployment that answers.");
  return {
    kind: "azure-openai",
    endpoint,
    deployment,
    apiKey: readSecretText(read, "AZURE_OPENAI_API_KEY", sendableKey),
    apiVersion: read.text("AZURE_OPENAI_API_VERSION"),
    scope: read.text("AZURE_OPENAI_SCOPE") ?? defaultScope,
  };
}

function readOpenAi(read: SettingReader): ModelConfig {
  const model = read.text("OPENAI_MODEL") ?? "";
  if (model === "") read.refuse("OPENAI_MODEL", "is missing: it names the model that answers.");
  return {
    kind: "openai",
    baseUrl: read.one("OPENAI_BASE_URL", address, defaultBaseUrl),
    apiKey: readSecretText(read, "OPENAI_API_KEY", sendableKey),
    model,
  };
}

const sendableKey = z
  .string()
  .refine(isSendableKey, "a key without blanks, of characters that a header can carry, is expected");
