import { type Instant, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { chatGateId } from "../../shared/protocol/conversation-holder.ts";
import { hasEnded, type Run, runId } from "../../shared/runs/run.ts";
import { startOf } from "../../shared/schedule/jitter.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Climate } from "./climate.ts";
import type { Ledger } from "./ledger.ts";
import type { Tally } from "./tally.ts";

/** Something that may hold a run up, from `at` on, by `costMs` at most. */
export interface Hindrance {
  readonly at: Instant;
  readonly costMs: number;
}

/** A tick, and what queue and clock round up. */
const withoutFaultsMs = minuteMs + 5 * secondMs;

/** A tick that comes three minutes after the last one is one later than the look-ahead. */
const withoutTimerMs = minuteMs;

/** A lease, the spare message's half lease beyond it, and the polling of the queue: docs/promise.md. */
const recoveryMs = 3 * minuteMs;

export type Lateness = ReturnType<typeof createLateness>;

/** A continued conversation is let go of only when its worker has seen that its run was cancelled. */
const waitForOthers = ({ definition }: Schedule): number => (definition.conversation === "continue" ? 3 * minuteMs : 0);

/** I5: a run begins at its slot, and when something has gone wrong as much later as that may cost and no more. */
export function createLateness(
  ledger: Ledger,
  { check }: Tally,
  { now, starvedAt, climate }: { now: () => Instant; starvedAt: () => Instant; climate: Climate },
) {
  const tickLateMs = climate.timerless ? withoutTimerMs + climate.visitsMs : 0;
  const hindrances: Hindrance[] = [];
  /** Runs that have waited for another one, so that their start is not the protocol's. */
  const waited = new Set<string>();
  const crashedAt = new Map<string, Instant>();

  return {
    /** @param inMs when it begins to hold something up, if not now */
    hinder: (costMs: number, inMs = 0): void => void hindrances.push({ at: now() + inMs, costMs }),
    /** The same from a moment to come on. */
    hinderAt: (costMs: number, at: Instant): void => void hindrances.push({ at, costMs }),
    /** A worker has died while it held the run. */
    crashed: (run: string): void => void crashedAt.set(run, now()),

    schedule(after: Schedule): void {
      for (const { key, state } of after.open) {
        if (state === "buffered") waited.add(runId({ scheduleId: after.id, key }));
      }
    },

    run(after: Run, before: Run | undefined): void {
      const id = runId(after);
      if (after.startedAt !== undefined && before?.startedAt === undefined && after.kind === "planned") onTime(after);
      const isTakenUp = before !== undefined && after.epoch > before.epoch;
      const crash = crashedAt.get(id);
      const isJudged = !ledger.damage.concerns(after.scheduleId);
      if (crash !== undefined && isJudged && isTakenUp && after.crashes > before.crashes) recovered(id, crash);
      if (isTakenUp || hasEnded(after)) crashedAt.delete(id);
    },

    /** What may have held up something that was to happen at `due` and happened now. */
    allowance,
  };

  function onTime(run: Run): void {
    const schedule = ledger.schedules.get(run.scheduleId);
    // Whoever talks in the conversation holds it as long as the answer takes.
    const isTalkedIn = ledger.schedules.has(chatGateId(run.conversationId));
    const isDamaged = ledger.damage.concerns(run.scheduleId);
    const isJudged = schedule?.revision === 1 && !waited.has(runId(run)) && !isTalkedIn && !isDamaged;
    if (schedule === undefined || !isJudged || starvedAt() >= run.slot) return;
    const due = startOf(schedule, run);
    const late = now() - due;
    const allowed = withoutFaultsMs + tickLateMs + waitForOthers(schedule) + allowance(due);
    check(
      "I5 on time",
      late <= allowed,
      () => `${runId(run)} began ${late / secondMs} s late, ${allowed / secondMs} s are explained`,
    );
  }

  function recovered(id: string, crash: Instant): void {
    if (starvedAt() >= crash) return;
    const gap = now() - crash;
    // The crash itself is one of the hindrances, and the only one that the promise speaks of.
    const others = hindrances
      .filter(({ at }) => at > crash && at <= now())
      .reduce((sum, { costMs }) => sum + costMs, 0);
    const before = allowance(crash, 1);
    const allowed = recoveryMs + others + before;
    check(
      "I5 on time",
      gap <= allowed,
      () => `${id} was taken up ${gap / secondMs} s after its worker died, ${allowed / secondMs} s are explained`,
    );
  }

  /** Follows the hindrances back: one that held up what was to be done before holds up this too. */
  function allowance(due: Instant, newest = 0): number {
    let from = due - 3 * minuteMs;
    let sum = 0;
    const others = hindrances.slice(0, hindrances.length - newest);
    for (const { at, costMs } of others.toSorted((left, right) => right.at - left.at)) {
      if (at + costMs < from || at > now()) continue;
      sum += costMs;
      from = Math.min(from, at);
    }
    return sum;
  }
}
