import { secondMs } from "../kernel/clock.ts";
import { hasEnded } from "../runs/run.ts";
import type { Ports } from "./ports.ts";
import type { RunSession } from "./run-session.ts";

/** `lost`: the conversation may belong to somebody else. `ended`: somebody ended the run. `timeout`: `limitMs` is over. */
export type Held<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "lost" }
  | { readonly kind: "ended" }
  | { readonly kind: "timeout" };

/**
 * Does work that takes a while (a model or tool call) and keeps the lease alive meanwhile. The work's signal aborts
 * when the lease is lost, the run has been ended from outside or the limit is over; work that ignores its signal is
 * left behind.
 */
export async function holdWhile<T>(
  session: RunSession,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Held<T>> {
  const working = new AbortController();
  const watching = new AbortController();
  const verdict = watch(session, limitMs, watching.signal)
    .catch(() => "lost" as const)
    .then((kind) => {
      if (kind !== "stopped") working.abort();
      return kind;
    });
  const result = work(working.signal).then(
    (value) => ({ kind: "done", value }) as const,
    (thrown: unknown) => ({ kind: "thrown", thrown }) as const,
  );
  const first = await Promise.race([result, verdict]);
  watching.abort("done");
  if (typeof first !== "object") return { kind: first === "stopped" ? "lost" : first };
  await verdict;
  if (first.kind === "thrown") throw first.thrown;
  return first;
}

/** A third of the lease: two renewals may fail before it is lost. */
export const renewEveryMs = ({ settings }: Ports): number => (settings.leaseSeconds * secondMs) / 3;

type Verdict = "stopped" | "lost" | "ended" | "timeout";

async function watch(session: RunSession, limitMs: number, signal: AbortSignal): Promise<Verdict> {
  const { ports, writer, reference } = session;
  const endsAt = ports.clock.monotonic() + limitMs;
  for (;;) {
    const leftMs = endsAt - ports.clock.monotonic();
    if (leftMs <= 0) return "timeout";
    await ports.sleep(Math.min(renewEveryMs(ports), leftMs), signal);
    if (signal.aborted) return "stopped";
    if (ports.clock.monotonic() >= endsAt) return "timeout";
    if (!(await writer.renew())) return "lost";
    const current = await ports.runs.read(reference);
    if (current === undefined || hasEnded(current.value)) return "ended";
  }
}
