import { hasEnded, type Run, type RunReference } from "../runs/run.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import type { ConversationWriter } from "./conversation-writer.ts";
import { wake } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** One worker's hold on one run, from pick-up to the end of its slice. */
export interface RunSession {
  readonly ports: Ports;
  readonly reference: RunReference;
  readonly writer: ConversationWriter;
  readonly schedule: Versioned<Schedule>;
  /** The record as it was last written or read by this session. */
  record: Versioned<Run>;
  /** Monotonic time at which the slice began. */
  readonly startedAt: number;
}

/** How a session can end. `again`: somebody ended the run, and what follows may not be done yet. */
export type SessionEnd = "done" | "again";

/**
 * Changes the record while it is still this session's: same epoch, not ended. What others noted on it meanwhile is
 * kept. false: the run belongs to somebody else now or has been ended. One call, two more for each conflict.
 */
export async function changeRecord(session: RunSession, change: (run: Run) => Run): Promise<boolean> {
  const { ports, reference } = session;
  const { epoch } = session.record.value;
  for (let attempt = 0; attempt < 20; attempt++) {
    const run = change(session.record.value);
    const version = await ports.runs.replace(run, session.record.version);
    if (version !== undefined) {
      session.record = { value: run, version };
      return true;
    }
    const current = await ports.runs.read(reference);
    if (current === undefined || hasEnded(current.value) || current.value.epoch !== epoch) return false;
    session.record = current;
  }
  return false;
}

/** Waits this long before looking again at a run that somebody else may be working on. */
export const busyDelayMs = 60_000;

/** Stops without touching anything: the conversation belongs to somebody else, or may do so. */
export async function leaveToOthers({ ports, reference }: RunSession): Promise<SessionEnd> {
  await wake(ports, reference.scheduleId, reference.key, busyDelayMs);
  return "done";
}

/** Lets go of the conversation and puts the run back into the queue: in this order, or the next worker finds it busy. */
export async function requeue(session: RunSession, change: Partial<Run>, delayMs: number): Promise<SessionEnd> {
  const { ports, reference, writer } = session;
  const isOurs = await changeRecord(session, (run) => ({ ...run, ...change, state: "queued" }));
  await writer.release();
  if (!isOurs) return "again";
  await wake(ports, reference.scheduleId, reference.key, delayMs);
  return "done";
}
