import { type Instant, secondMs } from "../kernel/clock.ts";
import { hasEnded, type Run, type RunReference } from "../runs/run.ts";
import type { RunMessage } from "../runs/run-queue.ts";
import { withEndNotice } from "../runs/what-to-tell.ts";
import { admitted, blockersOf, decideAdmission } from "../schedule/admission.ts";
import { findOpen, withOpen } from "../schedule/gate.ts";
import { startOf } from "../schedule/jitter.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";
import { denyIfExpired } from "./approval-expiry.ts";
import { completeEnd, endRun, wakePromoted } from "./end-run.ts";
import { wake } from "./materialise.ts";
import { sendNotices } from "./notify.ts";
import type { Ports } from "./ports.ts";
import { restoredRun } from "./restored-run.ts";
import { busyDelayMs } from "./run-session.ts";

/** The service clock is known to about a second, so a run this much before its start is on time. */
const earlyToleranceMs = secondMs;

export interface AdmittedRun {
  readonly schedule: Versioned<Schedule>;
  readonly run: Versioned<Run>;
}

/** `again`: something was mended or lost to somebody else; read and decide once more. */
export type StartDecision =
  | { readonly kind: "again" }
  | { readonly kind: "done" }
  | { readonly kind: "execute"; readonly admitted: AdmittedRun };

/**
 * Decides what a message asks for by what storage says at this moment: most often to execute its run, else to put
 * the message back, to finish what somebody left undone, or nothing. Two reads, and one swap for the admission.
 */
export async function startRun(ports: Ports, message: RunMessage, attempt: number): Promise<StartDecision> {
  const { scheduleId, key } = message;
  const reference = { scheduleId, key };
  const schedule = await ports.schedules.read(scheduleId);
  const run = await ports.runs.read(reference);
  const entry = schedule === undefined ? undefined : findOpen(schedule.value, key);
  if (run === undefined) return createMissing(ports, schedule?.value, entry);
  if (hasEnded(run.value)) return finishEnded(ports, schedule?.value, entry, run.value);
  if (schedule === undefined || schedule.value.status === "deleted") {
    return end(ports, schedule?.value, reference, "deleted");
  }
  // The schedule is read first, so a young entry may be missing from it; a record that stays without one is lost.
  if (entry === undefined) {
    if (attempt < 3) return { kind: "again" };
    // A report of work is recorded before its slot is dispatched; an edit may have taken the slot away.
    return end(ports, schedule.value, reference, run.value.report === undefined ? "orphan" : "superseded");
  }
  const { state, waiting, decision } = run.value;
  if (state === "waiting_approval" && waiting !== undefined) {
    const after = await denyIfExpired(ports, run, waiting, message);
    if (after === "again") return { kind: "again" };
    // Who let it wait may have died before its owner was told.
    await sendNotices(ports, run.value);
    return { kind: "done" };
  }
  // The end of a wait that has not begun yet: taken for an ordinary message, it would be used up.
  if (state === "running" && message.expires !== undefined && decision?.step !== message.expires) {
    await ports.queue.enqueue(message, busyDelayMs);
    return { kind: "done" };
  }
  // What was let in once is never held back again: an edit may have moved the start since.
  const startsAt = entry.state === "active" ? 0 : startOf(schedule.value, entry);
  const earliest = Math.max(startsAt, run.value.notBefore ?? 0);
  if (ports.clock.now() < earliest - earlyToleranceMs) return putBack(ports, reference, earliest);
  if (entry.state === "refused") return refuse(ports, schedule.value, run, entry);
  if (entry.state === "active") return { kind: "execute", admitted: { schedule, run } };
  return admit(ports, schedule, run, entry);
}

async function createMissing(
  ports: Ports,
  schedule: Schedule | undefined,
  entry: OpenRun | undefined,
): Promise<StartDecision> {
  if (schedule === undefined || entry === undefined) return { kind: "done" };
  await ports.runs.create(await restoredRun(ports, schedule, entry));
  return { kind: "again" };
}

async function finishEnded(
  ports: Ports,
  schedule: Schedule | undefined,
  entry: OpenRun | undefined,
  run: Run,
): Promise<StartDecision> {
  // Without a schedule nobody can tell whether everything that follows the end was done.
  if (entry !== undefined || schedule === undefined) await completeEnd(ports, run);
  else if (schedule !== undefined) await wakePromoted(ports, schedule);
  return { kind: "done" };
}

async function end(
  ports: Ports,
  schedule: Schedule | undefined,
  reference: RunReference,
  reason: string,
): Promise<StartDecision> {
  await endRun(ports, schedule, reference, { outcome: "cancelled", reason });
  return { kind: "done" };
}

async function putBack(ports: Ports, { scheduleId, key }: RunReference, earliest: Instant): Promise<StartDecision> {
  await wake(ports, scheduleId, key, earliest - ports.clock.now());
  return { kind: "done" };
}

async function refuse(
  ports: Ports,
  { definition }: Schedule,
  { value, version }: Versioned<Run>,
  entry: OpenRun,
): Promise<StartDecision> {
  const { outcome = "cancelled", reason = "refused" } = entry;
  const ended: Run = { ...value, state: "ended", outcome, reason, endedAt: ports.clock.now() };
  await ports.runs.replace(withEndNotice(ended, definition, ports.settings.notify), version);
  return { kind: "again" };
}

async function admit(
  ports: Ports,
  schedule: Versioned<Schedule>,
  run: Versioned<Run>,
  entry: OpenRun,
): Promise<StartDecision> {
  const live = await findLive(ports, schedule.value, entry);
  if (live === "released_some") return { kind: "again" };
  const decision = decideAdmission(schedule.value, entry, live);
  switch (decision.kind) {
    case "cancel_others":
      for (const { key } of decision.others) {
        const other = { scheduleId: schedule.value.id, key };
        await endRun(ports, schedule.value, other, { outcome: "cancelled", reason: "overlap" });
      }
      return { kind: "again" };
    case "refuse": {
      const { outcome, reason } = decision;
      await change(ports, schedule, withOpen(schedule.value, entry.key, { state: "refused", outcome, reason }));
      return { kind: "again" };
    }
    case "buffer": {
      const buffered = await change(ports, schedule, withOpen(schedule.value, entry.key, { state: "buffered" }));
      return { kind: buffered === undefined ? "again" : "done" };
    }
    case "admit": {
      const changed = await change(ports, schedule, admitted(schedule.value, entry.key));
      return changed === undefined ? { kind: "again" } : { kind: "execute", admitted: { schedule: changed, run } };
    }
  }
}

/** The admitted runs that are really still going on. One whose record has ended is released on the way. */
async function findLive(ports: Ports, schedule: Schedule, entry: OpenRun): Promise<"released_some" | OpenRun[]> {
  const live: OpenRun[] = [];
  let hasReleased = false;
  for (const blocker of blockersOf(schedule, entry)) {
    const current = await ports.runs.read({ scheduleId: schedule.id, key: blocker.key });
    if (current !== undefined && hasEnded(current.value)) {
      await completeEnd(ports, current.value);
      hasReleased = true;
    } else live.push(blocker);
  }
  return hasReleased ? "released_some" : live;
}

async function change(
  ports: Ports,
  { version }: Versioned<Schedule>,
  changed: Schedule,
): Promise<Versioned<Schedule> | undefined> {
  const written = await ports.schedules.replace(changed, version);
  return written === undefined ? undefined : { value: changed, version: written };
}
