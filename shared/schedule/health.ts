import { type Instant, minuteMs, secondMs } from "../kernel/clock.ts";
import { maximumOpenRuns, onTimeGraceMs } from "./due.ts";
import { describeSlot } from "./in-words.ts";
import { jittered } from "./jitter.ts";
import type { Schedule } from "./schedule.ts";

export interface Health {
  readonly state: "on_time" | "late" | "silent" | "failing";
  /** A sentence that says why, and what to do. */
  readonly why: string;
}

/** The newest planned run that has begun. */
export interface Started {
  readonly slot: Instant;
  readonly startedAt: Instant;
}

/** A run that begins this much after its moment did not find a warm app, or had to wait. */
const lateAfterMs = 60 * secondMs;

/** How a schedule is doing; the worst that is true of it. */
export function healthOf(schedule: Schedule, started: Started | undefined, now: Instant): Health {
  return (
    failing(schedule) ?? silence(schedule, now) ?? late(schedule, started) ?? { state: "on_time", why: calm(schedule) }
  );
}

function failing({ status, failures }: Schedule): Health | undefined {
  if (failures === 0) return undefined;
  const count = `${failures === 1 ? "1 run has" : `${failures} runs have`} failed, and none has succeeded since`;
  const advice = "get_run with the id of a failed run tells the reason.";
  const paused = " It is paused: mend the reason, then resume it.";
  return { state: "failing", why: `${count}. ${advice}${status === "paused" ? paused : ""}` };
}

/** The schedule is overdue, and no tick has found it. */
export function silence({ status, next, open, definition, ...schedule }: Schedule, now: Instant): Health | undefined {
  if (status !== "active" || next === null) return undefined;
  // Overdue by more than that: no tick has found it.
  if (now - jittered({ ...schedule, definition }, next) <= onTimeGraceMs) return undefined;
  const since = `The run of ${describeSlot(next, definition.plan.timeZone).local} is overdue`;
  return open.length >= maximumOpenRuns
    ? {
        state: "silent",
        why: `${since}: ${open.length} runs are open. Wait until some have ended, or cancel_run some.`,
      }
    : { state: "silent", why: `${since}: the timer has not come. The operator finds it at /health/ready.` };
}

function late(schedule: Schedule, started: Started | undefined): Health | undefined {
  if (started === undefined) return undefined;
  const { slot, startedAt } = started;
  const behindMs = startedAt - jittered(schedule, slot);
  if (behindMs <= lateAfterMs) return undefined;
  const begun = `The run of ${describeSlot(slot, schedule.definition.plan.timeZone).local} began ${durationText(behindMs)} late`;
  return {
    state: "late",
    why: `${begun}: the app was asleep or busy, or another run had to end first. If that matters, the operator can keep an instance ready.`,
  };
}

const durationText = (ms: number): string =>
  ms < 2 * minuteMs ? `${Math.round(ms / secondMs)} seconds` : `${Math.round(ms / minuteMs)} minutes`;

const calm = ({ status, finished }: Schedule): string =>
  ({
    active:
      finished === 0
        ? "Nothing has gone wrong; it has not run yet."
        : "Runs begin in time and none fails. Nothing to do.",
    paused: "It is paused, so nothing is due. Resume it when it is to go on.",
    completed: "It is completed: all its planned runs are over.",
    deleted: "It is deleted.",
  })[status];
