import { dueEnvelope } from "../alarm/callback-envelope.ts";
import { signedCallbackUrl } from "../alarm/callback-url.ts";
import { createCallerVerifier } from "../azure/caller-token.ts";
import { type Credential, createTokenProvider } from "../azure/identity.ts";
import type { ReadSecret } from "../azure/vault.ts";
import type { Clock } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { Events } from "../kernel/events.ts";
import type { Secret } from "../kernel/secret.ts";
import { createOpenSession } from "../mcp/client/session.ts";
import type { Targets } from "../resilience/targets.ts";
import { createExternalAlarm, type SchedulerAlarm } from "../scheduler/external-alarm.ts";
import type { ProofSources } from "../scheduler/proof-of-origin.ts";
import { type SchedulerConfig, schedulerSecrets } from "./read-scheduler.ts";
import { version } from "./version.ts";

export interface Surroundings {
  readonly credential: Credential;
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
  readonly events: Events;
  readonly targets: Targets;
}

/** The client of the external Scheduler, if there is one. Nothing is sent before its first use. */
export function openScheduler(
  { service }: SchedulerConfig,
  { credential, readSecret, clock, events, targets }: Surroundings,
): SchedulerAlarm | undefined {
  if (service === undefined) return undefined;
  const { url, auth, batch, appUrl } = service;
  const { clientId, apiKey, callbackKey } = schedulerSecrets;
  return createExternalAlarm({
    url,
    batch,
    auth:
      auth.kind === "managed-identity"
        ? { kind: auth.kind, token: createTokenProvider(credential, auth.scope) }
        : { kind: auth.kind, readId: () => readSecret(clientId), readKey: () => readSecret(apiKey) },
    async letterFor(slot) {
      const [key = ""] = keysIn(await readSecret(callbackKey));
      if (key.length < shortestKey) throw new AppError("SERVICE_ERROR", keyTooShort);
      return { text: dueEnvelope(slot), endpoint: signedCallbackUrl(appUrl, slot, key) };
    },
    openMcp: createOpenSession({ name: "scheduled-conversations", version }),
    events,
    clock,
    targets,
  });
}

/** What proves to this app where a callback comes from. A secret is read once something is to be checked with it. */
export function proofSources(
  { proofs }: SchedulerConfig,
  { readSecret, clock, events, targets }: Omit<Surroundings, "credential">,
): ProofSources {
  const { callbackKey, webhookSecret } = schedulerSecrets;
  return {
    async readKeys(kind) {
      if (!proofs[kind]) return [];
      if (kind === "webhook") return keysIn(await readSecret(webhookSecret));
      return keysIn(await readSecret(callbackKey)).filter(({ length }) => length >= shortestKey);
    },
    verifyCaller:
      proofs.entra === undefined
        ? undefined
        : createCallerVerifier({ ...proofs.entra, now: () => clock.now(), targets }),
    now: () => clock.now(),
    events,
  };
}

/** 256 bits in base64 have 44 characters; what is shorter than this can be guessed. */
const shortestKey = 32;

const keyTooShort = `The secret ${schedulerSecrets.callbackKey} needs at least ${shortestKey} characters: use the output of openssl rand -base64 32.`;

/** The present one, and behind a space the one before it while it is rotated. */
const keysIn = (secret: Secret): readonly string[] =>
  secret
    .open()
    .split(/\s+/)
    .filter((key) => key !== "");
