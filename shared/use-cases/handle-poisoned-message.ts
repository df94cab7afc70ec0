import { createConversationWriter } from "../protocol/conversation-writer.ts";
import { completeEnd } from "../protocol/end-run.ts";
import { wake } from "../protocol/materialise.ts";
import { headOf, poisonCrashes } from "../protocol/pick-up.ts";
import type { Ports } from "../protocol/ports.ts";
import { busyDelayMs } from "../protocol/run-session.ts";
import { hasEnded, type Run, runId } from "../runs/run.ts";
import type { RunMessage } from "../runs/run-queue.ts";
import type { Versioned } from "../schedule/schedule-store.ts";

/**
 * A message that failed as often as the queue allows. It counts as one more crash of its run; the record's count, not
 * the queue's, decides when the run ends as failed (poison), because messages that were put back start from zero.
 */
export function createHandlePoisonedMessage(ports: Ports) {
  return async (message: RunMessage): Promise<void> => {
    ports.events.record({
      level: "error",
      name: "run.poisoned",
      message: "A message about a run failed as often as the queue allows.",
      fields: { run: runId(message) },
    });
    const current = await ports.runs.read(message);
    if (current === undefined) return wake(ports, message.scheduleId, message.key, busyDelayMs);
    if (hasEnded(current.value)) return completeEnd(ports, current.value);
    const counted = await countUnderLease(ports, current);
    if (counted !== undefined && hasEnded(counted)) return completeEnd(ports, counted);
    await wake(ports, message.scheduleId, message.key, busyDelayMs);
  };
}

/** Under the lease, so that a worker that is alive and well is not declared dead. undefined: there is one. */
async function countUnderLease(ports: Ports, { value: run, version }: Versioned<Run>): Promise<Run | undefined> {
  const writer = createConversationWriter(ports, run.conversationId, ports.ids.unique());
  if ((await writer.acquire(headOf(ports, run, run.key), false)) === "busy") return undefined;
  const crashes = run.crashes + 1;
  const end = { state: "ended", outcome: "failed", reason: "poison", endedAt: ports.clock.now() } as const;
  const counted: Run = crashes >= poisonCrashes ? { ...run, crashes, ...end } : { ...run, crashes };
  const written = await ports.runs.replace(counted, version);
  await writer.release();
  return written === undefined ? undefined : counted;
}
