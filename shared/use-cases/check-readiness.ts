import type { AlarmHealth } from "../alarm/external-alarm.ts";
import type { Heartbeat } from "../alarm/heartbeat.ts";
import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { toEnvelope } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";

export interface Readiness {
  readonly isReady: boolean;
  readonly checkedAt: Instant;
  readonly dependencies: Readonly<Record<string, Dependency>>;
}

/** Statuses and codes alone: whoever asks has not signed in, so there are no addresses, names or words of others. */
export interface Dependency extends Facts {
  /** `degraded`: it fails, but taking this instance out would not help. `unused`: nothing is known of it yet. */
  readonly status: "ok" | "unused" | "degraded" | "unavailable";
  /** Of the question that was asked just now. */
  readonly latencyMs?: number;
  /** Of the last failure, while it lasts. */
  readonly error?: string | undefined;
}

interface Facts {
  /** Of the circuit breaker: `open` while it is left alone, `half_open` when one call may try. */
  readonly breaker?: "closed" | "open" | "half_open" | undefined;
  /** How the external Scheduler is spoken with, and since when that is known. */
  readonly dialect?: AlarmHealth["dialect"];
  readonly since?: Instant | undefined;
  /** Of several of a kind: how many there are, and how many of them fail. */
  readonly configured?: number;
  readonly failing?: number;
}

/** Something that the app needs beside storage. */
export interface Watched {
  /** What its last calls told. */
  readonly known: () => Facts & {
    readonly state: "unused" | "ok" | "degraded" | "unavailable";
    readonly error?: string | undefined;
  };
  /** A cheap question to it, ended by the signal. @throws AppError when it does not answer */
  readonly ask?: (signal: AbortSignal) => Promise<void>;
}

/** A probe that takes longer counts as failed: whoever asks has a limit of its own. */
const probeLimitMs = 2 * secondMs;

/** Probes come every few seconds from every load balancer; what is probed need not hear of each. */
const cachedMs = 10 * secondMs;

/** Without a tick for this long the timer has stopped: Node apps on Flex Consumption are known to lose theirs. */
const silentTimerMs = 5 * minuteMs;

/**
 * Whether the app can do its work: ready means that storage answers, whatever else fails. One storage call, and one
 * question to each dependency that can be asked, at most every ten seconds; all at the same time, two seconds each.
 */
export function createCheckReadiness(ports: Ports, heartbeat: Heartbeat, watched: Readonly<Record<string, Watched>>) {
  const startedAt = ports.clock.monotonic();
  let last: { at: number; readiness: Promise<Readiness> } | undefined;
  return (): Promise<Readiness> => {
    const at = ports.clock.monotonic();
    if (last === undefined || at - last.at >= cachedMs)
      last = { at, readiness: check(ports, heartbeat, watched, at - startedAt) };
    return last.readiness;
  };
}

async function check(
  ports: Ports,
  heartbeat: Heartbeat,
  watched: Readonly<Record<string, Watched>>,
  upMs: number,
): Promise<Readiness> {
  const [storage, ...others] = await Promise.all([
    within(ports, () => heartbeat.lastBeat()),
    ...Object.entries(watched).map(async ([name, one]) => [name, await look(ports, one)] as const),
  ]);
  const checkedAt = ports.clock.now();
  const { latencyMs } = storage;
  const isReady = storage.kind === "answered";
  const first = isReady
    ? { storage: { status: "ok" as const, latencyMs }, timer: timerIn(storage.value, checkedAt, upMs) }
    : { storage: { status: "unavailable" as const, latencyMs, error: storage.error } };
  return { isReady, checkedAt, dependencies: { ...first, ...Object.fromEntries(others) } };
}

/** A new app has never ticked: its silence begins with this process. */
function timerIn(lastBeat: Instant | undefined, now: Instant, upMs: number): Dependency {
  const silentForMs = lastBeat === undefined ? upMs : now - lastBeat;
  return silentForMs > silentTimerMs ? { status: "degraded", error: "no_recent_tick" } : { status: "ok" };
}

/** Who is left alone is not asked either: a question that gives up early must not decide whether it is well again. */
async function look(ports: Ports, { known, ask }: Watched): Promise<Dependency> {
  const { state, error, ...facts } = known();
  if (ask === undefined || (facts.breaker ?? "closed") !== "closed") {
    return { status: state === "unavailable" ? "degraded" : state, error, ...facts };
  }
  const answer = await within(ports, ask);
  const { latencyMs } = answer;
  const { breaker } = known();
  if (answer.kind === "answered") return { status: "ok", latencyMs, ...facts, breaker };
  return { status: "degraded", latencyMs, error: answer.error, ...facts, breaker };
}

type Answer<Value> = { readonly latencyMs: number } & (
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "failed"; readonly error: string }
);

/** Asks, and ends the question at its limit. */
async function within<Value>(ports: Ports, ask: (signal: AbortSignal) => Promise<Value>): Promise<Answer<Value>> {
  const startedAt = ports.clock.monotonic();
  const over = new AbortController();
  const answered = async () => {
    try {
      return { kind: "answered", value: await ask(over.signal) } as const;
    } catch (thrown) {
      return { kind: "failed", error: toEnvelope(thrown).error } as const;
    }
  };
  const expired = async () => {
    await ports.sleep(probeLimitMs, over.signal);
    return { kind: "failed", error: "TIMEOUT_ERROR" } as const;
  };
  const answer = await Promise.race([answered(), expired()]);
  over.abort();
  return { ...answer, latencyMs: Math.round(ports.clock.monotonic() - startedAt) };
}
