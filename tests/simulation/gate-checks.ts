import { markerName } from "../../shared/azure/storage/names.ts";
import { type Instant, secondMs, toIso } from "../../shared/kernel/clock.ts";
import { hasEnded, type Run, runId } from "../../shared/runs/run.ts";
import { alwaysQueues, isPlannedKind } from "../../shared/schedule/gate.ts";
import { startOf } from "../../shared/schedule/jitter.ts";
import { isPlanned, nextSlot } from "../../shared/schedule/next-slot.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { OpenRun, Schedule } from "../../shared/schedule/schedule.ts";
import type { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

interface AdmittedKeys {
  readonly planned: Set<string>;
  readonly all: Set<string>;
}

/** A run starts at most this much before its slot: a second of tolerance, and a second in which the clock is known. */
const earlyMs = 2 * secondMs;

/** What must hold at every moment of schedules and their runs; asked with each write that storage accepts. */
export function createGateChecks(ledger: Ledger, { check }: Tally, now: () => Instant) {
  /** Keys of the runs that were let in, by schedule: of planned kinds, which max_runs counts, and of all. */
  const admitted = new Map<string, AdmittedKeys>();

  return {
    everAdmittedOf: (id: string): number => admitted.get(id)?.all.size ?? 0,
    /** The schedule's record is damaged; one that is created again under its id begins to count anew. */
    forget: (id: string): void => void admitted.delete(id),

    schedule(after: Schedule, before: Schedule | undefined): void {
      // One that is created again may meet the markers of its first life, which are being removed; the repair sees it.
      if (after.marker !== null && !ledger.damage.hasLost(after.id)) {
        const name = markerName(after.id, after.marker);
        check(
          "index whole",
          ledger.markers.has(name),
          () => `${after.id} points to the marker ${name}, which is not there`,
        );
      }
      const keys = admitted.get(after.id) ?? { planned: new Set(), all: new Set() };
      admitted.set(after.id, keys);
      for (const entry of after.open) {
        const earlier = before?.open.find(({ key }) => key === entry.key);
        if (entry.state === "active" && earlier?.state !== "active") admit(after, entry, keys);
        if (entry.state === "buffered" && earlier?.state !== "buffered") buffer(after);
      }
      check(
        "max_runs",
        after.counted === keys.planned.size,
        () => `${after.id}: ${keys.planned.size} runs were admitted, ${after.counted} counted`,
      );
      if (before !== undefined) cursor(after, before);
    },

    run(after: Run, before: Run | undefined): void {
      if (before !== undefined) {
        const isSame = !hasEnded(before) || endOf(before) === endOf(after);
        check("I2 one commit", isSame, () => `${runId(after)} was "${endOf(before)}" and became "${endOf(after)}"`);
        check(
          "I2 one commit",
          after.epoch >= before.epoch,
          () => `${runId(after)} went back from epoch ${before.epoch}`,
        );
      }
      if (after.startedAt !== undefined && before?.startedAt === undefined) notEarly(after);
      if (after.outcome === "missed" && before === undefined) missed(after);
      if (after.reason === "deleted" && before?.reason !== "deleted") deleted(after);
      // Where the record of an ended run is lost, a dispatcher that slept until then gives the slot another one.
      const isOrphan = after.reason === "orphan" && ledger.damage.lostRun(runId(after)) === undefined;
      check("I6 ends visible", !isOrphan, () => `${runId(after)} was dispatched and then found without an entry`);
    },
  };

  function admit(schedule: Schedule, entry: OpenRun, { planned, all }: AdmittedKeys): void {
    all.add(entry.key);
    const { policies, plan } = schedule.definition;
    const live = schedule.open.filter(
      ({ key, state }) => state === "active" && !isOver(ledger.runs.get(runId({ scheduleId: schedule.id, key }))),
    );
    const isAlone = policies.overlap === "allow_all" || live.length <= 1;
    check(
      "one live run",
      isAlone,
      () => `${schedule.id}: ${live.map(({ key }) => key).join(" and ")} are live at once`,
    );
    if (!isPlannedKind(entry.kind)) return;
    const mayStart = schedule.status !== "paused" && schedule.status !== "deleted" && isPlanned(plan, entry.slot);
    check(
      "as planned",
      mayStart,
      () => `${schedule.id} (${schedule.status}) let ${entry.key} in, which it does not plan`,
    );
    check("max_runs", !planned.has(entry.key), () => `${schedule.id} let ${entry.key} in twice`);
    planned.add(entry.key);
    const { maxRuns = Infinity } = policies;
    check(
      "max_runs",
      planned.size <= maxRuns,
      () => `${schedule.id} let ${planned.size} runs in, max_runs is ${maxRuns}`,
    );
  }

  function buffer(schedule: Schedule): void {
    const buffered = schedule.open.filter(({ kind, state }) => state === "buffered" && !alwaysQueues(kind));
    check("one live run", buffered.length <= 1, () => `${schedule.id} buffers ${buffered.map(({ key }) => key)}`);
  }

  function notEarly(run: Run): void {
    const schedule = ledger.schedules.get(run.scheduleId);
    const from = schedule === undefined ? run.slot : startOf(schedule, run);
    // An edit of the jitter while the run waits may move its start; the slot itself never moves.
    const earliest = schedule?.revision === 1 ? from : run.slot;
    check(
      "not early",
      now() >= earliest - earlyMs,
      () => `${runId(run)} began ${(earliest - now()) / secondMs} s early`,
    );
  }

  function deleted(run: Run): void {
    const schedule = ledger.schedules.get(run.scheduleId);
    const isRight = schedule === undefined || schedule.status === "deleted";
    check("as planned", isRight, () => `${runId(run)} ended as deleted, its schedule is ${schedule?.status}`);
  }

  /** What catch_up leaves to run is not called missed. */
  function missed(run: Run): void {
    const schedule = ledger.schedules.get(run.scheduleId);
    const { missedThrough: through } = run;
    if (schedule === undefined || through === undefined || schedule.status !== "active") return;
    const { catchUp, catchUpWindowSeconds } = schedule.definition.policies;
    const following = nextSlot(schedule.definition.plan, through).slot ?? Infinity;
    const newest = following > now() - 4 * 60 * secondMs;
    const isTooOld = through < now() - catchUpWindowSeconds * secondMs + earlyMs;
    const isRight = catchUp === "none" || isTooOld || (catchUp === "one" && !newest);
    check("catch-up policy", isRight, () => `catch_up ${catchUp} missed ${toIso(run.slot)} to ${toIso(through)}`);
  }

  /** I3: what the cursor has passed has a record or an open entry. */
  function cursor(after: Schedule, before: Schedule): void {
    check("I3 cursor covers", after.seq >= before.seq, () => `${after.id}: seq went back from ${before.seq}`);
    if (before.next === null || (before.next === after.next && after.status === before.status)) return;
    const { plan, policies } = before.definition;
    if (after.counted >= (policies.maxRuns ?? Infinity)) return;
    const until = owedUntil(after, before);
    for (let slot: Instant | null = before.next; slot !== null && slot < until; slot = nextSlot(plan, slot).slot) {
      const at = slot;
      const run = coveredBy(after, at);
      check(
        "I3 cursor covers",
        run !== undefined,
        () => `the cursor of ${after.id} passed ${toIso(at)} without a record`,
      );
      // One record stands for all slots up to its end.
      if (run !== undefined && "missedThrough" in run) slot = Math.max(slot, run.missedThrough ?? slot);
    }
  }

  function coveredBy({ id, open }: Schedule, slot: Instant): Run | OpenRun | undefined {
    const key = plannedRunKey(slot);
    const run = runId({ scheduleId: id, key });
    return ledger.runs.get(run) ?? open.find((entry) => entry.key === key) ?? ledger.damage.lostRun(run);
  }
}

/** Slots before this moment have to be settled; a change of the plan owes those up to the moment it was read at. */
function owedUntil(after: Schedule, before: Schedule): Instant {
  if (after.status === "deleted") return after.updatedAt + 1;
  const next = after.next ?? Infinity;
  if (after.status === "paused") return Math.min(next, (after.pausedAt ?? 0) + 1);
  return after.revision === before.revision ? next : after.updatedAt + 1;
}

const isOver = (run: Run | undefined): boolean => run !== undefined && hasEnded(run);

const endOf = ({ state, outcome, reason, endedAt }: Run): string => `${state} ${outcome} ${reason} ${endedAt}`;
