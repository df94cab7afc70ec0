import type { SecretClient, SecretClientOptions } from "@azure/keyvault-secrets";
import { secondMs } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { AppEvent, Events } from "../kernel/events.ts";
import { Secret, type SecretText } from "../kernel/secret.ts";
import { usualRest } from "../resilience/breaker.ts";
import { onceWithin } from "../resilience/retry.ts";
import type { Attempt, CallFailures, CallPolicy, Targets } from "../resilience/targets.ts";
import { createOutages, type DependencyHealth } from "./dependency-health.ts";
import { createHeldSecret, type HeldSecret } from "./held-secret.ts";
import type { Credential } from "./identity.ts";
import { emptySecret, hasAnswered, toVaultError } from "./vault-error.ts";

/** A Key Vault, or secrets that were read from the environment at the start. */
export type SecretSource = { readonly vaultUrl: string } | { readonly values: Readonly<Record<string, Secret>> };

/** A secret by its name. @throws AppError when there is none, or when the vault does not answer */
export type ReadSecret = (name: string) => Promise<Secret>;

/** Gives the newest value of a setting that is a secret, wherever it is kept. */
export type SecretReader = (text: SecretText) => () => Promise<Secret>;

export const readerOf =
  (readSecret: ReadSecret): SecretReader =>
  (text) =>
  async () =>
    "value" in text ? text.value : readSecret(text.secret);

export interface Vault {
  readonly read: ReadSecret;
  /** `degraded`: it does not answer, and what was read before still serves; or it has not all that was asked for. */
  health(): DependencyHealth;
}

export interface VaultOptions {
  readonly events: Events;
  readonly targets: Targets;
  readonly monotonic: () => number;
  /** Milliseconds that one secret may take in all, with signing in and trying again. */
  readonly limitMs?: number;
}

/** The client of a vault; its package is loaded with the first secret. */
export async function openVault(
  vaultUrl: string,
  credential: Credential,
  options: SecretClientOptions = {},
): Promise<SecretClient> {
  const { SecretClient: Client } = await import("@azure/keyvault-secrets");
  return new Client(vaultUrl, credential, { retryOptions, ...options });
}

/**
 * Reads each secret at its first use and keeps it, see createHeldSecret. Tells the operator of an outage once, however
 * many secrets are asked for.
 */
export function createVault(
  source: SecretSource,
  open: (vaultUrl: string) => Promise<SecretClient>,
  { events, targets, monotonic, limitMs = totalMs }: VaultOptions,
): Vault {
  if ("values" in source) return fromEnvironment(source.values);
  const outages = createOutages(events, { lost, back });
  const target = targets.open("key_vault", policyOf(limitMs), failures);
  const held = new Map<string, HeldSecret>();
  let client: Promise<SecretClient> | undefined;
  const fetchSecret = async (name: string): Promise<Secret> => {
    client ??= open(source.vaultUrl);
    const opened = client;
    try {
      const secret = await target.call("get_secret", async (attempt) => readFrom(await opened, name, attempt));
      outages.answered();
      return secret;
    } catch (thrown) {
      const failure = toVaultError(name, thrown);
      if (hasAnswered(failure)) outages.answered();
      else outages.failed(failure);
      throw failure;
    }
  };
  return {
    read(name) {
      const known =
        held.get(name) ?? createHeldSecret({ fetchSecret: () => fetchSecret(name), hasAnswered, monotonic });
      held.set(name, known);
      return known.read();
    },
    health() {
      const { isUsed, failure } = outages.last();
      const isAllHeld = [...held.values()].every((known) => known.isHeld());
      if (!isUsed) return { state: "unused" };
      if (failure !== undefined) return { state: isAllHeld ? "degraded" : "unavailable", error: failure.code };
      return isAllHeld ? { state: "ok" } : { state: "degraded", error: "SERVICE_ERROR" };
    },
  };
}

/** Signing in takes up to 9 s, a vault that is busy asks to come back after one or two. */
const totalMs = 15 * secondMs;

/** One attempt of ours: the client has its own, and this is the limit of them all. */
const policyOf = (limitMs: number): CallPolicy => ({
  retry: onceWithin(limitMs),
  breaker: usualRest,
});

const failures: CallFailures = {
  // A vault that refuses, or lacks the secret, is well.
  isUnwell: (thrown) =>
    !(thrown instanceof AppError && (thrown.code === "AUTHENTICATION_ERROR" || hasAnswered(thrown))),
};

const retryOptions = { maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 2 * secondMs };

const lost: AppEvent = {
  level: "warning",
  name: "vault.unavailable",
  message: "Key Vault gives no secrets: those that were read before serve on, others cannot be had.",
};

const back: AppEvent = { level: "info", name: "vault.available", message: "Key Vault gives secrets again." };

async function readFrom(client: SecretClient, name: string, { signal, headers }: Attempt): Promise<Secret> {
  const options = { abortSignal: signal, requestOptions: { headers } };
  const { value = "" } = await client.getSecret(name, options).catch((thrown: unknown) => {
    throw toVaultError(name, thrown);
  });
  if (value.trim() === "") throw emptySecret(name);
  return new Secret(value);
}

const fromEnvironment = (values: Readonly<Record<string, Secret>>): Vault => ({
  health: () => ({ state: "unused" }),
  async read(name) {
    const secret = values[name];
    if (secret === undefined) throw new AppError("SERVICE_ERROR", `There is no secret ${name}.`);
    return secret;
  },
});
