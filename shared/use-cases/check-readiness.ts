import type { AlarmHealth } from "../alarm/external-alarm.ts";
import type { Heartbeat } from "../alarm/heartbeat.ts";
import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { toEnvelope } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";

/** `degraded`: something is wrong, but taking this instance out would not help. */
type DependencyStatus = "ok" | "degraded" | "unavailable";

export interface Readiness {
  readonly isReady: boolean;
  readonly checkedAt: Instant;
  readonly dependencies: Readonly<Record<string, Dependency>>;
}

interface Dependency {
  readonly status: DependencyStatus;
  readonly latencyMs?: number;
  readonly error?: string;
  /** How the external Scheduler is spoken with, and since when that is known. */
  readonly dialect?: AlarmHealth["dialect"];
  readonly since?: Instant | undefined;
}

/** A probe that takes longer counts as failed: whoever asks has a limit of its own. */
const probeLimitMs = 2 * secondMs;

/** Probes come every few seconds from every load balancer; storage need not hear of each. */
const cachedMs = 10 * secondMs;

/** Without a tick for this long the timer has stopped: Node apps on Flex Consumption are known to lose theirs. */
const silentTimerMs = 5 * minuteMs;

/** One storage call at most every ten seconds. Ready means that storage answers. */
export function createCheckReadiness(ports: Ports, heartbeat: Heartbeat) {
  const startedAt = ports.clock.monotonic();
  let last: { at: number; readiness: Promise<Readiness> } | undefined;
  return (): Promise<Readiness> => {
    const at = ports.clock.monotonic();
    if (last === undefined || at - last.at >= cachedMs)
      last = { at, readiness: check(ports, heartbeat, at - startedAt) };
    return last.readiness;
  };
}

async function check(ports: Ports, heartbeat: Heartbeat, upMs: number): Promise<Readiness> {
  const startedAt = ports.clock.monotonic();
  const probed = await Promise.race([probe(heartbeat), expire(ports)]);
  const latencyMs = Math.round(ports.clock.monotonic() - startedAt);
  const checkedAt = ports.clock.now();
  if (probed.kind === "failed") {
    const storage = { status: "unavailable", latencyMs, error: probed.error } as const;
    return { isReady: false, checkedAt, dependencies: { storage } };
  }
  // A new app has never ticked: its silence begins with this process.
  const silentForMs = probed.lastBeat === undefined ? upMs : checkedAt - probed.lastBeat;
  const storage = { status: "ok", latencyMs } as const;
  const timer =
    silentForMs > silentTimerMs
      ? ({ status: "degraded", error: "no_recent_tick" } as const)
      : ({ status: "ok" } as const);
  const scheduler = ports.alarm === undefined ? {} : { scheduler: schedulerIn(ports.alarm.health()) };
  return { isReady: true, checkedAt, dependencies: { storage, timer, ...scheduler } };
}

/** What is known without asking it. The timer covers a Scheduler that does not work. */
function schedulerIn({ state, dialect, since }: AlarmHealth): Dependency {
  if (state === "unavailable") return { status: "degraded", error: "scheduler_unavailable", dialect, since };
  return { status: "ok", dialect, since };
}

type Probed =
  | { readonly kind: "answered"; readonly lastBeat: Instant | undefined }
  | { readonly kind: "failed"; readonly error: string };

async function probe(heartbeat: Heartbeat): Promise<Probed> {
  try {
    return { kind: "answered", lastBeat: await heartbeat.lastBeat() };
  } catch (thrown) {
    return { kind: "failed", error: toEnvelope(thrown).error };
  }
}

async function expire(ports: Ports): Promise<Probed> {
  await ports.sleep(probeLimitMs);
  return { kind: "failed", error: "TIMEOUT_ERROR" };
}
