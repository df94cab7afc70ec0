import { z } from "zod";
import type { SecretSource } from "../azure/vault.ts";
import type { Environment, SettingReader } from "./config.ts";

const vaultAddress = z
  .string()
  .refine((text) => /^https:\/\//i.test(text) && URL.canParse(text), "the https:// address of a Key Vault is expected");

/**
 * Where secrets come from: Key Vault or, without one, variables of the environment.
 * @param needed names of secrets that other settings refer to
 */
export function readSecrets(read: SettingReader, environment: Environment, needed: readonly string[]): SecretSource {
  if (read.text("KEYVAULT_URI") !== undefined) return { vaultUrl: read.one("KEYVAULT_URI", vaultAddress, "") };
  const variables = needed.map((name) => [name, environment[variableFor(name)]?.trim() ?? ""] as const);
  const missing = variables.filter(([, value]) => value === "").map(([name]) => variableFor(name));
  if (missing.length > 0) {
    read.refuse(
      "KEYVAULT_URI",
      `is missing, and so are variables for secrets that other settings need: ${missing.join(", ")}.`,
    );
  }
  return { values: Object.fromEntries(variables) };
}

/** Hyphens are what names in Key Vault have and names of variables cannot have. */
const variableFor = (secret: string): string => secret.replaceAll("-", "_");
