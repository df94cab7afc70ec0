import { z } from "zod";
import type { SecretSource } from "../azure/vault.ts";
import { Secret, type SecretText } from "../kernel/secret.ts";
import type { Environment, SettingReader } from "./config.ts";
import type { SettingName } from "./settings.ts";

const vaultAddress = z
  .string()
  .refine((text) => /^https:\/\//i.test(text) && URL.canParse(text), "the https:// address of a Key Vault is expected");

/**
 * Where secrets come from: Key Vault or, without one, variables of the environment.
 * @param needed names of secrets that other settings refer to
 */
export function readSecrets(read: SettingReader, environment: Environment, needed: readonly string[]): SecretSource {
  checkVaultSecrets(read);
  if (read.text("KEYVAULT_URI") !== undefined) return { vaultUrl: read.one("KEYVAULT_URI", vaultAddress, "") };
  const variables = needed.map((name) => [name, environment[variableFor(name)]?.trim() ?? ""] as const);
  const missing = variables.filter(([, value]) => value === "").map(([name]) => variableFor(name));
  if (missing.length > 0) {
    read.refuse(
      "KEYVAULT_URI",
      `is missing, and so are variables for secrets that other settings need: ${missing.join(", ")}.`,
    );
  }
  return { values: Object.fromEntries(variables.map(([name, value]) => [name, new Secret(value)])) };
}

/**
 * A setting that is a secret: the value of its variable, or its name in the vault where KEYVAULT_SECRETS says that the
 * vault holds it. The vault is never asked for what nobody has named.
 */
export function readSecretText(
  read: SettingReader,
  name: (typeof movableSettings)[number],
  schema: z.ZodType<string, string>,
): SecretText | undefined {
  if (vaultSecrets(read).includes(nameInVault(name))) return { secret: nameInVault(name) };
  const text = read.one<string | undefined>(name, schema, undefined);
  return text === undefined ? undefined : { value: new Secret(text) };
}

/** Settings that may be left to the vault. */
const movableSettings = [
  "AZURE_OPENAI_API_KEY",
  "OPENAI_API_KEY",
  "NOTIFY_SECRET",
] as const satisfies readonly SettingName[];

function checkVaultSecrets(read: SettingReader): void {
  const named = vaultSecrets(read);
  if (named.length === 0) return;
  const names = movableSettings.map(nameInVault);
  if (named.some((name) => !names.includes(name))) {
    read.refuse("KEYVAULT_SECRETS", `is wrong: names out of ${names.join(", ")} are expected.`);
  } else if (read.text("KEYVAULT_URI") === undefined) {
    read.refuse("KEYVAULT_URI", "is missing: KEYVAULT_SECRETS names secrets that lie there.");
  }
  const twice = movableSettings.filter((name) => named.includes(nameInVault(name)) && read.text(name) !== undefined);
  for (const name of twice) {
    read.refuse("KEYVAULT_SECRETS", `is wrong: ${name} is set as well, so that there are two values. Remove one.`);
  }
}

const vaultSecrets = (read: SettingReader): readonly string[] =>
  (read.text("KEYVAULT_SECRETS") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** Hyphens are what names in Key Vault have and names of variables cannot have. */
const variableFor = (secret: string): string => secret.replaceAll("-", "_");

const nameInVault = (variable: string): string => variable.replaceAll("_", "-");
