import { ownerInId } from "../access/owned-id.ts";
import { wakeAtExpiry } from "../protocol/approval-expiry.ts";
import { createConversationWriter } from "../protocol/conversation-writer.ts";
import { completeEnd, endRun } from "../protocol/end-run.ts";
import { wake } from "../protocol/materialise.ts";
import { giveUpNotices } from "../protocol/notify.ts";
import { headOf, poisonCrashes } from "../protocol/pick-up.ts";
import type { Ports } from "../protocol/ports.ts";
import { busyDelayMs } from "../protocol/run-session.ts";
import { untilUndamaged } from "../protocol/set-aside.ts";
import { hasEnded, parseRunId, type Run, runId } from "../runs/run.ts";
import { type RunMessage, runMessageSchema } from "../runs/run-queue.ts";
import { withEndNotice } from "../runs/what-to-tell.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";

/**
 * A message that failed as often as the queue allows: made visible, never dropped silently. It counts as one more crash
 * of its run; the record's count, not the queue's, decides when the run ends as failed (poison), because messages that
 * were put back start from zero.
 */
export function createHandlePoisonedMessage(ports: Ports) {
  return async (body: unknown): Promise<void> => {
    const message = readMessage(body);
    if (message === undefined) return reportUnreadable(ports);
    ports.events.record({
      level: "error",
      name: "run.poisoned",
      message: "A message about a run failed as often as the queue allows.",
      fields: { run: runId(message) },
    });
    // The hourly repair arms what should be armed, and the timer covers it until then.
    if (message.arm === true) return;
    const giveUp = message.notify === true ? giveUpNotices : settle;
    const after = await untilUndamaged(ports, { run: message }, () => giveUp(ports, message));
    if (after === "later") await ports.queue.enqueue(message, busyDelayMs);
  };
}

/** A message of the right shape about a run that cannot exist is none of ours either. */
function readMessage(body: unknown): RunMessage | undefined {
  const parsed = runMessageSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { scheduleId } = parsed.data;
  const isPossible = ownerInId(scheduleId) !== undefined && parseRunId(runId(parsed.data)) !== undefined;
  return isPossible ? parsed.data : undefined;
}

/** Its text stays out of the log: nobody knows what it holds. */
function reportUnreadable({ events }: Ports): void {
  events.record({
    level: "error",
    name: "queue.unreadable",
    message: "A message that is none of ours was dropped from the queue.",
  });
}

async function settle(ports: Ports, message: RunMessage): Promise<void> {
  const schedule = (await ports.schedules.read(message.scheduleId))?.value;
  const current = await ports.runs.read(message);
  // Whether the run is still to be created is decided where messages about runs are handled.
  if (current === undefined) return wake(ports, message.scheduleId, message.key, busyDelayMs);
  if (hasEnded(current.value)) return completeEnd(ports, current.value);
  if (schedule === undefined || schedule.status === "deleted") {
    await endRun(ports, schedule, message, { outcome: "cancelled", reason: "deleted" });
    return;
  }
  const { state, waiting } = current.value;
  // Nobody works on it, so nothing has crashed; what was lost may have been the message of its expiry.
  if (state === "waiting_approval" && waiting !== undefined) return wakeAtExpiry(ports, message, waiting);
  const counted = await countUnderLease(ports, schedule, current);
  if (counted !== undefined && hasEnded(counted)) return completeEnd(ports, counted);
  await wake(ports, message.scheduleId, message.key, busyDelayMs);
}

/** Under the lease, so that a worker that is alive and well is not declared dead. undefined: there is one. */
async function countUnderLease(
  ports: Ports,
  { definition }: Schedule,
  { value: run, version }: Versioned<Run>,
): Promise<Run | undefined> {
  const writer = createConversationWriter(ports, run.conversationId, ports.ids.unique());
  if ((await writer.acquire(headOf(ports, run, definition.name), false)) === "busy") return undefined;
  const crashes = run.crashes + 1;
  const end = { state: "ended", outcome: "failed", reason: "poison", endedAt: ports.clock.now() } as const;
  const ended = (): Run =>
    withEndNotice({ ...run, crashes, ...end, message: undefined }, definition, ports.settings.notify);
  const counted: Run = crashes >= poisonCrashes ? ended() : { ...run, crashes };
  const written = await ports.runs.replace(counted, version);
  await writer.release();
  return written === undefined ? undefined : counted;
}
