import type { SecretClient } from "@azure/keyvault-secrets";
import { minuteMs } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { Credential } from "./identity.ts";

/** A Key Vault, or secrets that were read from the environment at the start. */
export type SecretSource = { readonly vaultUrl: string } | { readonly values: Readonly<Record<string, string>> };

/** A secret's value by its name. @throws AppError when there is none, or when the vault does not answer */
export type ReadSecret = (name: string) => Promise<string>;

/** A rotated secret is seen after this long. */
const keptMs = 10 * minuteMs;

/** The client of a vault; its package is loaded with the first secret. */
export async function openVault(vaultUrl: string, credential: Credential): Promise<SecretClient> {
  const { SecretClient: Client } = await import("@azure/keyvault-secrets");
  return new Client(vaultUrl, credential);
}

/** Reads each secret at its first use and keeps it for ten minutes. */
export function createReadSecret(
  source: SecretSource,
  open: (vaultUrl: string) => Promise<SecretClient>,
  monotonic: () => number,
): ReadSecret {
  if ("values" in source) return async (name) => source.values[name] ?? missing(name);
  const held = new Map<string, { readonly value: Promise<string>; readonly until: number }>();
  let client: Promise<SecretClient> | undefined;
  const fetchSecret = async (name: string): Promise<string> => {
    client ??= open(source.vaultUrl);
    return (await readFrom(await client, name)) ?? missing(name);
  };
  return (name) => {
    const known = held.get(name);
    if (known !== undefined && monotonic() < known.until) return known.value;
    const value = fetchSecret(name);
    held.set(name, { value, until: monotonic() + keptMs });
    // A failure is not kept: the next use asks again.
    value.catch(() => held.delete(name));
    return value;
  };
}

async function readFrom(client: SecretClient, name: string): Promise<string | undefined> {
  try {
    return (await client.getSecret(name)).value;
  } catch (cause) {
    throw new AppError("SERVICE_ERROR", `Key Vault gave no secret ${name}.`, {}, cause);
  }
}

function missing(name: string): never {
  throw new AppError("SERVICE_ERROR", `There is no secret ${name}.`);
}
