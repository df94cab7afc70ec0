import { ownerInId } from "../access/owned-id.ts";
import { hourMs, type Instant, secondMs } from "../kernel/clock.ts";
import { dispatchSlots } from "../protocol/dispatch.ts";
import { newEntry, newRun, wake } from "../protocol/materialise.ts";
import type { Ports } from "../protocol/ports.ts";
import { untilUndamaged } from "../protocol/set-aside.ts";
import { hasEnded, type Run, runId } from "../runs/run.ts";
import type { WorkReport } from "../runs/work-report.ts";
import type { CalledBack } from "../schedule/armed.ts";
import { decideDue } from "../schedule/due.ts";
import { findOpen } from "../schedule/gate.ts";
import { isPlanned } from "../schedule/next-slot.ts";
import { plannedRunKey } from "../schedule/run-key.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Versioned } from "../schedule/schedule-store.ts";

/** What a Scheduler posts, once its origin is proven. */
export interface Callback {
  readonly scheduleId: string;
  /** Absent: the one that is due; only for `due`. */
  readonly slot: Instant | undefined;
  /** The others: the Scheduler has done the work itself, and `content` is what came of it. */
  readonly status: "due" | WorkReport["status"];
  readonly content: string;
  /** The same in each repeat of this callback; undefined when its sender gives none. */
  readonly id: string | undefined;
}

/** `duplicate`: this was known already, and nothing was written. */
export type CallbackAnswer =
  | { readonly kind: "accepted" | "duplicate"; readonly runId: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "refused"; readonly reason: CallbackRefusal };

export type CallbackRefusal =
  | "paused"
  /** The schedule does not plan this slot (any more), or it was recorded as missed. */
  | "superseded"
  | "too_early"
  | "nothing_due"
  /** The work is done here already. */
  | "already_started"
  /** As many runs are open as there may be. */
  | "busy";

export type TakeCallback = (callback: Callback) => Promise<CallbackAnswer>;

/** Decisions about one callback: each one more means that somebody else wrote at that moment. */
const maximumDecisions = 40;

/**
 * Dispatches the slot of a callback, once however often it comes; a report of work is written before that, so that
 * nobody here begins it. What is answered is in storage. Eight storage calls for the first callback of a slot, one or
 * two for each further one.
 */
export function createTakeCallback(ports: Ports): TakeCallback {
  return async (callback) => {
    if (ownerInId(callback.scheduleId) === undefined) return { kind: "unknown" };
    const answers: CallbackAnswer[] = [];
    await untilUndamaged(ports, {}, async () => {
      answers.push(await decide(ports, callback));
    });
    const [answer] = answers;
    if (answer === undefined) throw new Error(`Schedule ${callback.scheduleId} cannot be read for damage.`);
    return answer;
  };
}

async function decide(ports: Ports, callback: Callback): Promise<CallbackAnswer> {
  let isOurs = false;
  for (let attempt = 0; attempt < maximumDecisions; attempt++) {
    const current = await ports.schedules.read(callback.scheduleId);
    if (current === undefined) return { kind: "unknown" };
    const taken = await take(ports, current, callback);
    if (taken === "dispatched") isOurs = true;
    else if (taken !== "again") return taken.kind === "duplicate" && isOurs ? { ...taken, kind: "accepted" } : taken;
  }
  throw new Error(`Schedule ${callback.scheduleId} changed with every attempt to dispatch a slot.`);
}

/** `dispatched`: read again what has become of the slot. */
type Taken = CallbackAnswer | "again" | "dispatched";

async function take(ports: Ports, current: Versioned<Schedule>, callback: Callback): Promise<Taken> {
  const schedule = current.value;
  const latest = ports.clock.now() + ports.settings.lookAheadMs;
  if (schedule.status === "deleted") return { kind: "unknown" };
  const slot = callback.slot ?? slotBefore(schedule, callback) ?? slotDue(schedule, latest);
  if (slot === undefined) return refused("nothing_due");
  if (slot % secondMs !== 0) return refused("superseded");
  const { status, content } = callback;
  // Who names the slot is known by it.
  const id = callback.slot === undefined ? callback.id : undefined;
  if (status === "due") return takeDue(ports, current, { slot, id }, latest);
  return takeReport(ports, current, slot, latest, { status, content, at: ports.clock.now() });
}

/** The slot that this very callback has dispatched before. */
const slotBefore = ({ callbacks }: Schedule, { id }: Callback): Instant | undefined =>
  callbacks?.find((callback) => callback.id === id)?.slot;

/** The slot that a callback without one means: the next, or the newest that is under way. */
function slotDue({ next, open }: Schedule, latest: Instant): Instant | undefined {
  if (next !== null && next <= latest) return next;
  const dispatched = open.filter(({ alarm }) => alarm !== undefined).map(({ slot }) => slot);
  return dispatched.length === 0 ? undefined : Math.max(...dispatched);
}

async function takeDue(
  ports: Ports,
  current: Versioned<Schedule>,
  callback: CalledBack,
  latest: Instant,
): Promise<Taken> {
  const { slot } = callback;
  const reference = referenceOf(current.value, slot);
  if (findOpen(current.value, reference.key) !== undefined) return { kind: "duplicate", runId: runId(reference) };
  if (isAhead(current.value, slot)) {
    return whyNot(current.value, slot, latest, ports.clock.now()) ?? dispatch(ports, current, callback);
  }
  const run = await ports.runs.read(reference);
  return run === undefined ? refusedPast(current.value) : { kind: "duplicate", runId: runId(reference) };
}

async function takeReport(
  ports: Ports,
  current: Versioned<Schedule>,
  slot: Instant,
  latest: Instant,
  report: WorkReport,
): Promise<Taken> {
  const schedule = current.value;
  const reference = referenceOf(schedule, slot);
  const run = await ports.runs.read(reference);
  const entry = findOpen(schedule, reference.key);
  if (run !== undefined && entry === undefined && !hasEnded(run.value)) {
    const reason = isAhead(schedule, slot) ? whyNot(schedule, slot, latest, ports.clock.now()) : refusedPast(schedule);
    if (reason === undefined) return dispatch(ports, current, { slot });
    // It was written for a slot that nobody will dispatch any more.
    await wake(ports, reference.scheduleId, reference.key);
    return reason;
  }
  if (run !== undefined) return addReport(ports, run, report);
  if (entry === undefined && !isAhead(schedule, slot)) return refusedPast(schedule);
  const reason = entry === undefined ? whyNot(schedule, slot, latest, ports.clock.now()) : undefined;
  if (reason !== undefined) return reason;
  const now = ports.clock.now();
  // Should nobody dispatch the slot any more, this message finds the record without an entry and ends it.
  if (entry === undefined) await wake(ports, reference.scheduleId, reference.key, Math.max(0, slot - now) + hourMs);
  const opened = entry ?? newEntry(schedule, { key: reference.key, slot, kind: "planned", alarm: "scheduler" }, now);
  await ports.runs.create({ ...newRun(schedule, opened, now), report });
  return "again";
}

/** A run that nobody has begun takes the report; what was begun here is done here. */
async function addReport(ports: Ports, { value, version }: Versioned<Run>, report: WorkReport): Promise<Taken> {
  const known = { kind: "duplicate", runId: runId(value) } as const;
  if (value.report !== undefined || (hasEnded(value) && value.reason === "reported")) return known;
  if (value.state !== "queued" || value.epoch > 0) return refused("already_started");
  if ((await ports.runs.replace({ ...value, report }, version)) === undefined) return "again";
  await wake(ports, value.scheduleId, value.key);
  return { ...known, kind: "accepted" };
}

async function dispatch(ports: Ports, current: Versioned<Schedule>, calledBack: CalledBack): Promise<Taken> {
  return (await dispatchSlots(ports, current, { calledBack })) ? "dispatched" : "again";
}

const referenceOf = ({ id }: Schedule, slot: Instant) => ({ scheduleId: id, key: plannedRunKey(slot) });

const isAhead = ({ next }: Schedule, slot: Instant): boolean => next !== null && next <= slot;

function whyNot(schedule: Schedule, slot: Instant, latest: Instant, now: Instant): CallbackAnswer | undefined {
  if (schedule.status === "paused") return refused("paused");
  if (!isPlanned(schedule.definition.plan, slot)) return refused("superseded");
  if (slot > latest) return refused("too_early");
  return decideDue(schedule, now, latest - now).kind === "not_yet" ? refused("busy") : undefined;
}

const refusedPast = ({ status }: Schedule): CallbackAnswer => refused(status === "paused" ? "paused" : "superseded");

const refused = (reason: CallbackRefusal): CallbackAnswer => ({ kind: "refused", reason });
