import { foldRun } from "../conversations/fold.ts";
import { damageIn } from "../kernel/damage.ts";
import type { Outcome } from "../kernel/outcome.ts";
import { figuresOf } from "../runs/figures.ts";
import { hasEnded, type Run, type RunReference, runId } from "../runs/run.ts";
import { withEndNotice } from "../runs/what-to-tell.ts";
import { findOpen } from "../schedule/gate.ts";
import { startOf } from "../schedule/jitter.ts";
import { byAge, type EndedRun, released } from "../schedule/release.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Version, Versioned } from "../schedule/schedule-store.ts";
import { dispatchSlots } from "./dispatch.ts";
import { newRun, wake } from "./materialise.ts";
import { sendNotices } from "./notify.ts";
import type { Ports } from "./ports.ts";
import { recordFinished } from "./record-finished.ts";
import { runEvents } from "./restored-run.ts";

export interface RunEnd {
  readonly outcome: Outcome;
  readonly reason: string;
  /** What a person said about it. */
  readonly note?: string;
}

/**
 * Ends a run from outside. The record's swap decides against a commit at the same moment: whoever loses leaves the
 * other's outcome alone. A run without a record gets one that has ended. Answers the run as it has ended.
 */
export async function endRun(
  ports: Ports,
  schedule: Schedule | undefined,
  reference: RunReference,
  end: RunEnd,
): Promise<Run> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const current = await ports.runs.read(reference);
    const entry = schedule === undefined ? undefined : findOpen(schedule, reference.key);
    const swapped = await swapToEnd(ports, current, schedule, entry, end);
    if (swapped === undefined) continue;
    await completeEnd(ports, swapped);
    return swapped;
  }
  throw new Error(`Run ${runId(reference)} changed with every attempt to end it.`);
}

/**
 * Everything that follows the end of a run, safe to repeat by anyone: history first, the release of the gate last, so
 * that an entry that is still open tells everybody that this has to be done again. Two storage calls when `held` is
 * the schedule as it was last written, else three; one more for a run that has asked for approval, one for a run whose
 * end is told, five more for each next slot that is near and not dispatched yet.
 */
export async function completeEnd(ports: Ports, run: Run, held?: Versioned<Schedule>, segment?: number): Promise<void> {
  await ports.runs.recordEnd(run);
  await sendNotices(ports, run);
  // The one request that may still be shown: an earlier one was removed before the run went on.
  const step = run.waiting?.step ?? run.decision?.step;
  if (step !== undefined) await ports.approvals.remove({ scheduleId: run.scheduleId, key: run.key, step });
  let current = held ?? (await ports.schedules.read(run.scheduleId));
  for (let attempt = 0; attempt < 30; attempt++) {
    if (current === undefined) return;
    if (findOpen(current.value, run.key) === undefined) return wakePromoted(ports, current.value);
    const { schedule, wake: keys } = released(withSegment(current.value, segment), endOf(run), ports.clock.now());
    const version: Version | undefined = await ports.schedules.replace(schedule, current.version);
    if (version !== undefined) {
      for (const key of keys) await wake(ports, schedule.id, key);
      // Mostly there is nothing to do: the next slot is far or a tick was here. Without a timer it is what goes on.
      await dispatchSlots(ports, { value: schedule, version });
      return;
    }
    current = await ports.schedules.read(run.scheduleId);
  }
  throw new Error(`Schedule ${run.scheduleId} changed with every attempt to release a run.`);
}

/**
 * A worker may have died between letting a waiting run in and waking it. One message is answered by one message at most:
 * were all that wait woken by each spare message of a run that has ended, messages would multiply.
 */
export async function wakePromoted(ports: Ports, schedule: Schedule): Promise<void> {
  const now = ports.clock.now();
  const waiting = schedule.open.filter(
    (run) => run.promoted === true || (run.state === "pending" && startOf(schedule, run) <= now),
  );
  for (const { key } of waiting.toSorted(byAge)) {
    const current = await ports.runs.read({ scheduleId: schedule.id, key });
    const neverPickedUp = current === undefined || (current.value.state === "queued" && current.value.epoch === 0);
    if (neverPickedUp) return wake(ports, schedule.id, key);
  }
}

/** The run as it has ended, or undefined when somebody else wrote first or there is nothing to end. */
async function swapToEnd(
  ports: Ports,
  current: Versioned<Run> | undefined,
  schedule: Schedule | undefined,
  entry: OpenRun | undefined,
  end: RunEnd,
): Promise<Run | undefined> {
  const ended = { state: "ended", ...end, endedAt: ports.clock.now() } as const;
  if (current !== undefined) {
    if (hasEnded(current.value)) return current.value;
    const spent = await withSpent(ports, schedule, current.value);
    const run = withEndNotice({ ...spent, ...ended, message: undefined }, schedule?.definition, ports.settings.notify);
    if ((await ports.runs.replace(run, current.version)) === undefined) return undefined;
    recordFinished(run, ports);
    return run;
  }
  if (schedule === undefined || entry === undefined) throw new Error("A run to be ended has neither record nor entry.");
  const fresh = newRun(schedule, entry, ports.clock.now());
  const run = withEndNotice({ ...fresh, ...ended }, schedule.definition, ports.settings.notify);
  if (!(await ports.runs.create(run)).created) return undefined;
  recordFinished(run, ports);
  return run;
}

/**
 * The run with what it has spent so far, as its log tells: a worker that loses the run cannot say it any more. An answer
 * that is under way is not in it. No storage call for a run that nobody has picked up.
 */
async function withSpent(ports: Ports, schedule: Schedule | undefined, run: Run): Promise<Run> {
  if (schedule === undefined || run.epoch === 0) return run;
  try {
    const progress = foldRun(await runEvents(ports, schedule, run), runId(run));
    return { ...run, ...figuresOf(progress) };
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return run;
  }
}

const withSegment = (schedule: Schedule, segment: number | undefined): Schedule =>
  segment === undefined || segment <= schedule.segment ? schedule : { ...schedule, segment };

function endOf(run: Run): EndedRun {
  const { key, outcome = "failed", endedAt = run.createdAt, usage = [], answer, quiet } = run;
  const report = outcome === "succeeded" && quiet === undefined ? answer : undefined;
  return { key, id: runId(run), outcome, endedAt, usage, report };
}
