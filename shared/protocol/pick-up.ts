import type { ConversationEvent, LoggedEvent } from "../conversations/events.ts";
import { findUnfinishedRun, foldRun } from "../conversations/fold.ts";
import { secondMs } from "../kernel/clock.ts";
import { hasEnded, parseRunId, type Run, runId } from "../runs/run.ts";
import { startOf } from "../schedule/jitter.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { type ConversationWriter, createConversationWriter } from "./conversation-writer.ts";
import { endRun } from "./end-run.ts";
import { hasOwnConversation, wake } from "./materialise.ts";
import type { Ports } from "./ports.ts";
import { changeRecord, leaveToOthers, type RunSession, type SessionEnd } from "./run-session.ts";
import type { AdmittedRun } from "./start-run.ts";

/** A run that has left five workers without a clean stop kills its workers; it ends failed, reason poison. */
export const poisonCrashes = 5;

/** Here not even that end could be written, for example because the log is damaged: the record alone has to tell. */
const hopelessCrashes = 2 * poisonCrashes;

export type PickedUp = { readonly session: RunSession } | { readonly stopped: SessionEnd };

/**
 * Takes an admitted run: a spare message that outlives this worker, lease on its conversation, a new epoch on the
 * record, the newest segment, and the fence in the log. Five storage calls for the first run of a new
 * conversation, four where nothing has to be created, closed or rolled.
 */
export async function pickUp(ports: Ports, { schedule, run }: AdmittedRun): Promise<PickedUp> {
  const { scheduleId, key, conversationId } = run.value;
  const holder = ports.ids.unique();
  const writer = createConversationWriter(ports, conversationId, holder);
  const isOwn = hasOwnConversation(run.value);
  const isNew = run.value.epoch === 0 && isOwn;
  // The host hides a dead worker's message for ten minutes; this one is seen after one and a half leases. It goes first,
  // because a worker may die at any of the calls that follow, and it also looks again at a conversation that is busy.
  await wake(ports, scheduleId, key, ports.settings.leaseSeconds * 1.5 * secondMs);
  const head = headOf(ports, run.value, schedule.value.definition.name);
  if ((await writer.acquire(head, isNew)) === "busy") return { stopped: "done" };
  try {
    return await takeOver(ports, { schedule, run }, writer, { holder, isOwn, isNew });
  } catch (thrown) {
    // The message comes back and another worker goes on; without this it would wait for the lease to end.
    await writer.release().catch(() => undefined);
    throw thrown;
  }
}

interface Pickup {
  readonly holder: string;
  /** The run has a conversation of its own. */
  readonly isOwn: boolean;
  /** Nobody has worked on that conversation before. */
  readonly isNew: boolean;
}

async function takeOver(
  ports: Ports,
  { schedule, run }: AdmittedRun,
  writer: ConversationWriter,
  { holder, isOwn, isNew }: Pickup,
): Promise<PickedUp> {
  const { scheduleId, key } = run.value;
  const record = await raiseEpoch(ports, run.value, run.version, holder);
  if (record === undefined) {
    await writer.release();
    return { stopped: "again" };
  }
  if (record.value.crashes >= hopelessCrashes) return giveUp(ports, schedule.value, record.value, writer);
  if (run.value.startedAt === undefined) measureLateness(ports, schedule.value, record.value);
  const startedAt = ports.clock.monotonic();
  const session: RunSession = { ports, reference: { scheduleId, key }, writer, schedule, record, startedAt };
  if (!(await writer.open(isOwn ? 0 : schedule.value.segment, isNew))) return { stopped: await leaveToOthers(session) };
  return fenceLog(session);
}

function measureLateness({ telemetry }: Ports, schedule: Schedule, run: Run): void {
  const { kind, startedAt = run.slot } = run;
  telemetry.measure("run.lateness", startedAt - startOf(schedule, run), { kind });
}

async function giveUp(ports: Ports, schedule: Schedule, run: Run, writer: ConversationWriter): Promise<PickedUp> {
  await writer.release();
  await endRun(ports, schedule, run, { outcome: "failed", reason: "poison" });
  return { stopped: "done" };
}

export function headOf(ports: Ports, run: Run, title: string) {
  const { conversationId: id, owner, kind, scheduleId } = run;
  // The gate of what people say is no schedule that they know.
  const origin = kind === "chat" ? {} : { scheduleId };
  return { v: 1, id, owner, title, ...origin, createdAt: ports.clock.now(), segment: 0 } as const;
}

async function raiseEpoch(ports: Ports, run: Run, version: string, holder: string) {
  const now = ports.clock.now();
  const picked: Run = {
    ...run,
    state: "running",
    epoch: run.epoch + 1,
    crashes: run.crashes + (run.state === "running" ? 1 : 0),
    worker: holder,
    startedAt: run.startedAt ?? now,
    attemptStartedAt: run.attemptStartedAt ?? now,
  };
  const written = await ports.runs.replace(picked, version);
  if (written !== undefined) return { value: picked, version: written };
  const current = await ports.runs.read(run);
  const isOurs = current?.value.worker === holder && !hasEnded(current.value);
  return isOurs ? current : undefined;
}

/**
 * Makes the log ours: a run that was ended from outside is closed, a full segment is rolled, and a resumed run writes
 * run_started so that an older worker's append no longer fits. The first pick-up has nobody to fence, so its
 * run_started goes with the first real append.
 */
async function fenceLog(session: RunSession): Promise<PickedUp> {
  const { ports, writer, record } = session;
  const run = runId(session.reference);
  const { epoch } = record.value;
  for (let attempt = 0; attempt < 7; attempt++) {
    const events = writer.events();
    if (!(await writer.holds()) || foldRun(events, run).newestEpoch > epoch) break;
    const unfinished = findUnfinishedRun(events);
    if (unfinished !== undefined && unfinished !== run) {
      if (!(await hasRunEnded(ports, unfinished))) return waitFor(session);
      if (!(await writer.append([closedEvent(ports, events, unfinished)])) && !(await writer.reopen())) break;
    } else if (unfinished === undefined && writer.isFull() && foldRun(events, run).finished === undefined) {
      if (!(await writer.roll()) && !(await writer.reopen())) break;
    } else if (epoch === 1 || (await writer.append([startedEvent(session)]))) {
      return { session };
    } else if (!(await writer.reopen())) break;
  }
  return stopFor(session);
}

/**
 * Another run is not done with the conversation, perhaps because it waits for a person. This one has not begun: neither
 * its time nor a crash counts. The spare message looks again; a second one beside it would double with each look.
 */
async function waitFor(session: RunSession): Promise<PickedUp> {
  const isOurs = await changeRecord(session, (run) => ({ ...run, state: "queued", attemptStartedAt: undefined }));
  await session.writer.release();
  return { stopped: isOurs ? "done" : "again" };
}

async function stopFor(session: RunSession): Promise<PickedUp> {
  await session.writer.release();
  return { stopped: await leaveToOthers(session) };
}

async function hasRunEnded(ports: Ports, id: string): Promise<boolean> {
  const reference = parseRunId(id);
  const current = reference === undefined ? undefined : await ports.runs.read(reference);
  return current === undefined || hasEnded(current.value);
}

const closedEvent = (ports: Ports, events: readonly LoggedEvent[], run: string): ConversationEvent => ({
  type: "closed",
  v: 1,
  id: ports.ids.unique(),
  time: ports.clock.now(),
  run,
  step: foldRun(events, run).nextStep,
});

export function startedEvent({ ports, writer, reference, record }: RunSession): ConversationEvent {
  const run = runId(reference);
  const step = foldRun(writer.events(), run).nextStep;
  return {
    type: "run_started",
    v: 1,
    id: ports.ids.unique(),
    time: ports.clock.now(),
    run,
    step,
    epoch: record.value.epoch,
  };
}
