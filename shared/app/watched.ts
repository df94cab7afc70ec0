import type { ExternalAlarm } from "../alarm/external-alarm.ts";
import type { AppCredential } from "../azure/identity.ts";
import type { Vault } from "../azure/vault.ts";
import type { RestBackend } from "../backend/backend.ts";
import { secondMs } from "../kernel/clock.ts";
import { onceWithin } from "../resilience/retry.ts";
import type { Target, Targets } from "../resilience/targets.ts";
import type { Watched } from "../use-cases/check-readiness.ts";
import type { Config } from "./config.ts";

export interface WatchedParts {
  readonly credential: AppCredential;
  readonly vault: Vault;
  readonly targets: Targets;
  readonly alarm: ExternalAlarm | undefined;
  readonly backend: RestBackend | undefined;
}

/** How readiness asks storage: once, and the request ends with the probe; the next one comes ten seconds later. */
export const probeRules = onceWithin(2 * secondMs);

/** What readiness looks at beside storage and timer: what is set up, each under its name in the answer. */
export function watchedIn(config: Config, parts: WatchedParts): Readonly<Record<string, Watched>> {
  const { credential, vault, targets, alarm, backend } = parts;
  const find = (name: string): Target | undefined => targets.all().find((target) => target.name === name);
  const [model, called] = [find("model"), find("backend")];
  const servers = targets.all().filter(({ name }) => name.startsWith("mcp_server."));
  return {
    // On a developer's machine nobody may have signed in, and nothing may need it.
    ...(config.identity.kind !== "developer" && { identity: { known: credential.health } }),
    ...("vaultUrl" in config.secrets && {
      key_vault: { known: () => ({ ...vault.health(), breaker: find("key_vault")?.health().breaker }) },
    }),
    // Each question to a model costs money, so that its last calls have to do.
    ...(model !== undefined && { model: { known: model.health } }),
    ...(backend !== undefined &&
      called !== undefined &&
      config.backend?.isProbed === true && { backend: { known: called.health, ask: backend.probe } }),
    ...(alarm !== undefined && { scheduler: schedulerIn(alarm, find("scheduler")) }),
    ...(servers.length > 0 && { mcp_servers: serversIn(servers) }),
  };
}

const schedulerIn = (alarm: ExternalAlarm, target: Target | undefined): Watched => ({
  known() {
    const { state, dialect, since } = alarm.health();
    const { breaker, error = "SERVICE_ERROR" } = target?.health() ?? {};
    return { state, dialect, since, breaker, error: state === "unavailable" ? error : undefined };
  },
});

/** How many, and not which: their names are the operator's and may say for whom the app works. */
const serversIn = (servers: readonly Target[]): Watched => ({
  known() {
    const healths = servers.map(({ health }) => health());
    const failing = healths.filter(({ state }) => state === "degraded");
    const isUsed = healths.some(({ state }) => state !== "unused");
    const counts = { configured: servers.length, failing: failing.length };
    if (failing.length > 0) return { state: "degraded", error: failing[0]?.error, ...counts };
    return { state: isUsed ? "ok" : "unused", ...counts };
  },
});
