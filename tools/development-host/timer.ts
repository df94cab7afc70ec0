import { setTimeout as sleep } from "node:timers/promises";
import { Cron } from "croner";
import * as z from "zod";
import type { RegisteredFunction } from "./core.ts";
import type { Invoke } from "./invocation.ts";
import { resolveSettings } from "./settings.ts";
import { StartError } from "./start-error.ts";

const timerTrigger = z.object({ schedule: z.string(), runOnStartup: z.boolean().default(false) });

// The real host keeps a timer's status only for schedules of at least a minute.
const monitoredSeconds = 60;
// Node's timers take at most 2^31 - 1 ms.
const longestSleepMs = 2 ** 31 - 1;

export interface Timer {
  start(): void;
  /** Fires no more; a run in progress goes on. */
  stop(): void;
}

/**
 * Fires a timer function on its NCRONTAB schedule, in UTC.
 *
 * It never overlaps itself: a run that takes longer than the interval is followed at once by the next (measured on the
 * real host). A failed run is logged by the invocation and the timer goes on. Nothing is stored, so no run is past due.
 *
 * @throws StartError when the schedule cannot be read.
 */
export function createTimer(fn: RegisteredFunction, invoke: Invoke): Timer {
  const { schedule, runOnStartup } = timerTrigger.parse(fn.trigger);
  const next = nextOccurrence(resolveSettings(schedule), fn.name);
  const stopped = new AbortController();
  const status = { Last: new Date(0), Next: next(new Date()), LastUpdated: new Date(0) };
  const monitored = next(status.Next).getTime() - status.Next.getTime() >= monitoredSeconds * 1000;

  async function fire(): Promise<void> {
    const info = { Schedule: { AdjustForDST: true }, ScheduleStatus: monitored ? status : null, IsPastDue: false };
    await invoke(fn, { input: { json: JSON.stringify(info) } }).catch(() => undefined);
  }

  async function run(): Promise<void> {
    if (runOnStartup) await fire();
    while (await sleepUntil(status.Next, stopped.signal)) {
      // Node may wake a millisecond early; the next moment must still lie after this one.
      const moment = new Date(Math.max(status.Next.getTime(), Date.now()));
      await fire();
      Object.assign(status, { Last: moment, Next: next(moment), LastUpdated: moment });
    }
  }

  return {
    start: () => void run(),
    stop: () => stopped.abort(),
  };
}

function nextOccurrence(schedule: string, name: string): (after: Date) => Date {
  const cron = parse(schedule, name);
  return (after) => {
    const next = cron.nextRun(after);
    if (!next) throw new StartError(`The schedule '${schedule}' of '${name}' never comes.`);
    return next;
  };
}

function parse(schedule: string, name: string): Cron {
  try {
    // NCRONTAB: the days of the month and of the week must both match, and `5/15` starts at 5.
    return new Cron(schedule, { mode: "6-part", timezone: "UTC", domAndDow: true, sloppyRanges: true });
  } catch (error) {
    throw new StartError(
      `The schedule '${schedule}' of '${name}' is not valid: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** False when the wait was ended by the signal. */
async function sleepUntil(moment: Date, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const ms = moment.getTime() - Date.now();
    if (ms <= 0) return true;
    await sleep(Math.min(ms, longestSleepMs), undefined, { signal }).catch(() => undefined);
  }
  return false;
}
