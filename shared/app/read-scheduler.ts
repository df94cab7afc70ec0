import { z } from "zod";
import { secondMs } from "../kernel/clock.ts";
import { address, secureAddress } from "./address.ts";
import type { Environment, SettingReader } from "./config.ts";
import { wholeNumber } from "./whole-number.ts";

/** Ways in which a caller of the callback can prove where it comes from. */
const proofs = ["url", "webhook", "entra"] as const;

/** Who may call back with a token: an application of this tenant that has the role. */
export interface CallerConfig {
  readonly tenant: string;
  readonly audience: string;
  readonly role: string;
}

export interface SchedulerConfig {
  /** Absent: the timer alone wakes the app. */
  readonly service:
    | {
        readonly url: string;
        readonly auth:
          | { readonly kind: "client-credentials" }
          | { readonly kind: "managed-identity"; readonly scope: string };
        readonly batch: { readonly size: number; readonly pauseMs: number };
        /** Under which address the service reaches this app. */
        readonly appUrl: string;
      }
    | undefined;
  readonly graceMs: number;
  readonly proofs: {
    readonly url: boolean;
    readonly webhook: boolean;
    readonly entra: CallerConfig | undefined;
  };
}

/** Names in Key Vault. A key that is being rotated stands behind the new one, with a space between them. */
export const schedulerSecrets = {
  clientId: "SCHEDULER-CLIENT-ID",
  apiKey: "SCHEDULER-API-KEY",
  callbackKey: "SCHEDULER-CALLBACK-KEY",
  webhookSecret: "SCHEDULER-WEBHOOK-SECRET",
} as const;

/** The external Scheduler that may wake the app, and who may call back. */
export function readScheduler(read: SettingReader, environment: Environment, isLocal: boolean): SchedulerConfig {
  const url = read.one<string | undefined>("SCHEDULER_URL", isLocal ? address : secureAddress, undefined);
  const named = read.one("SCHEDULER_PROOFS", proofList, url === undefined ? [] : ["url"]);
  if (url !== undefined && !named.includes("url")) {
    read.refuse("SCHEDULER_PROOFS", "is wrong: the addresses that are armed at SCHEDULER_URL are proven by url.");
  }
  return {
    service: url === undefined ? undefined : readService(read, url, environment, isLocal),
    graceMs: read.one("SCHEDULER_GRACE_SECONDS", wholeNumber(5, 180), 90) * secondMs,
    proofs: {
      url: named.includes("url"),
      webhook: named.includes("webhook"),
      entra: named.includes("entra") ? readCaller(read) : undefined,
    },
  };
}

/** Secrets that are read at their first use; without a Key Vault the environment has to hold them at the start. */
export function secretsOfScheduler({ service, proofs: { url, webhook } }: SchedulerConfig): readonly string[] {
  const { clientId, apiKey, callbackKey, webhookSecret } = schedulerSecrets;
  return [
    ...(service?.auth.kind === "client-credentials" ? [clientId, apiKey] : []),
    ...(url ? [callbackKey] : []),
    ...(webhook ? [webhookSecret] : []),
  ];
}

function readService(read: SettingReader, url: string, environment: Environment, isLocal: boolean) {
  const kind = read.one("SCHEDULER_AUTH", z.enum(["client-credentials", "managed-identity"]), "client-credentials");
  const scope = read.text("SCHEDULER_SCOPE");
  if (kind === "managed-identity" && scope === undefined) {
    read.refuse("SCHEDULER_SCOPE", "is missing: the managed identity asks for a token of this scope.");
  }
  const size = read.one("SCHEDULER_BATCH_SIZE", wholeNumber(1, 100), 10);
  const pauseMs = read.one("SCHEDULER_BATCH_PAUSE_MS", wholeNumber(0, 60_000), 500);
  return {
    url,
    auth: kind === "client-credentials" ? { kind } : { kind, scope: scope ?? "" },
    batch: { size, pauseMs },
    appUrl: readAppUrl(read, environment, isLocal),
  } as const;
}

function readAppUrl(read: SettingReader, { WEBSITE_HOSTNAME: host }: Environment, isLocal: boolean): string {
  const name = host?.trim() || (isLocal ? "localhost:7071" : undefined);
  const own = name === undefined ? undefined : `${isLocal ? "http" : "https"}://${name}`;
  const url = read.one<string | undefined>("PUBLIC_URL", isLocal ? address : secureAddress, own);
  if (url === undefined) read.refuse("PUBLIC_URL", "is missing: SCHEDULER_URL has to know where to call back.");
  return url ?? "";
}

function readCaller(read: SettingReader): CallerConfig {
  const [tenant, audience] = (["SCHEDULER_CALLER_TENANT", "SCHEDULER_CALLER_AUDIENCE"] as const).map((name) => {
    if (read.text(name) === undefined) read.refuse(name, "is missing: SCHEDULER_PROOFS names entra.");
    return read.text(name) ?? "";
  });
  const role = read.one("SCHEDULER_CALLER_ROLE", z.string(), "Scheduler.Callback");
  return { tenant: tenant ?? "", audience: audience ?? "", role };
}

const proofList = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(z.enum(proofs)));
