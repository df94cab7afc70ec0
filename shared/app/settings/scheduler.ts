import { type Setting, setting } from "./setting.ts";

/** The external Scheduler. */
export const schedulerSettings = {
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
} as const satisfies Record<string, Setting>;
