import { type Run, type RunReference, runId } from "../runs/run.ts";
import type { RunMessage } from "../runs/run-queue.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import type { Ports } from "./ports.ts";

type Waiting = NonNullable<Run["waiting"]>;

/** Sends the message that ends the wait if nobody decides. One storage call. */
export const wakeAtExpiry = (
  ports: Ports,
  { scheduleId, key }: RunReference,
  { step, expiresAt }: Waiting,
): Promise<void> =>
  ports.queue.enqueue({ v: 1, scheduleId, key, expires: step }, Math.max(0, expiresAt - ports.clock.now()));

/**
 * What a message does to a run that waits: nothing before the expiry, which counts as a denial. `waits`: nothing is to
 * be done. `again`: it was denied, or somebody else wrote. One storage call.
 */
export async function denyIfExpired(
  ports: Ports,
  { value: run, version }: Versioned<Run>,
  waiting: Waiting,
  message: RunMessage,
): Promise<"waits" | "again"> {
  const { step, expiresAt } = waiting;
  const at = ports.clock.now();
  if (at < expiresAt) {
    if (message.expires === step) await wakeAtExpiry(ports, run, waiting);
    return "waits";
  }
  const decision = { step, approve: false, by: "expiry", at } as const;
  const written = await ports.runs.replace({ ...run, state: "queued", waiting: undefined, decision }, version);
  if (written !== undefined) {
    ports.events.record({
      level: "warning",
      name: "approval.decided",
      message: "Nobody has decided in time; the request for approval counts as denied.",
      fields: { run: runId(run), owner: run.owner, step, approve: false, by: "expiry" },
    });
  }
  return "again";
}
