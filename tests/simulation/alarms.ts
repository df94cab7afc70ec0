import type { AlarmSlot } from "../../shared/alarm/external-alarm.ts";
import { minuteMs, secondMs, toIso } from "../../shared/kernel/clock.ts";
import { type Run, runId } from "../../shared/runs/run.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { Callback } from "../../shared/use-cases/take-callback.ts";
import type { World } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import type { ArmingStep, PostedCallback, SchedulerScript } from "../support/world-scheduler.ts";
import type { Lateness } from "./lateness.ts";
import type { Ledger } from "./ledger.ts";
import type { createLogChecks } from "./log-checks.ts";
import type { Tally } from "./tally.ts";

interface OddCallback {
  readonly name: string;
  /** Seconds after the slot. */
  readonly delays: readonly number[];
}

/** When the callbacks of a slot come that is not called back as it should be: early, late, twice, reordered, never. */
const oddCallbacks: readonly [OddCallback, ...OddCallback[]] = [
  { name: "lost", delays: [] },
  { name: "lost", delays: [] },
  { name: "lost", delays: [] },
  { name: "doubled", delays: [0, 0] },
  { name: "repeated", delays: [0, 30, 600] },
  { name: "early", delays: [-110] },
  { name: "late", delays: [20] },
  { name: "very_late", delays: [200] },
  { name: "reordered", delays: [65, -110] },
];

const graceMs = 90 * secondMs;

type Said = Pick<Callback, "status" | "content">;

const due: Said = { status: "due", content: "" };

export type Alarms = ReturnType<typeof anyAlarms>;

/** In a third of the worlds an external Scheduler is the alarm: it refuses, forgets, repeats, or does the work itself. */
export function anyAlarms(seed: number) {
  // Dice of their own: worlds without such an alarm are what they were.
  const { chance, one } = createDice(seed + 11_000_017);
  const isOn = chance(0.35);
  const trouble = one(0, 0.1, 0.4);
  const worksItself = one(0, 0, 0.2);
  const counts: Record<string, number> = {};
  const said = new Map<string, Said>();
  let isCalm = false;

  function counted<T>(name: string, value: T): T {
    counts[name] = (counts[name] ?? 0) + 1;
    return value;
  }

  const anyReport = (): Said => ({
    status: one<Said["status"]>("completed", "completed", "failed", "cancelled"),
    content: one("All done.", ""),
  });

  return {
    isOn,
    counts: counts as Readonly<Record<string, number>>,
    arming(): ArmingStep {
      if (isCalm || !chance(trouble)) return "arms";
      return one(counted("scheduler_refuses", "refuses"), "dies");
    },
    /** Seconds after the slot. */
    callbacks(): readonly number[] {
      if (isCalm || !chance(trouble)) return [0];
      const { name, delays } = one(...oddCallbacks);
      return counted(`callback_${name}`, delays);
    },
    /** The same in each callback of a slot, as a Scheduler has it that sends again. */
    says(slot: AlarmSlot): Said {
      const name = nameOf(slot);
      const says = said.get(name) ?? (chance(worksItself) ? counted("work_reported", anyReport()) : due);
      said.set(name, says);
      return says;
    },
    calmDown(): void {
      isCalm = true;
    },
  };
}

/** What must hold of callbacks: which alarm has fired is recorded truly, and a report is neither lost nor done again. */
export function createAlarmChecks(
  alarms: Alarms,
  parts: { ledger: Ledger; tally: Tally; lateness: Lateness; logs: ReturnType<typeof createLogChecks> },
) {
  const { ledger, lateness, logs } = parts;
  const { check } = parts.tally;

  const script: SchedulerScript = {
    arming: () => alarms.arming(),
    callbacks(slot) {
      const delays = alarms.callbacks();
      // The timer waits for as long, and then for its next tick.
      if (!delays.some((delay) => delay <= 0)) lateness.hinderAt(graceMs + minuteMs, slot.slot);
      return delays.map((delay) => delay * secondMs);
    },
    says: (slot) => alarms.says(slot),
  };

  function run(after: Run, before: Run | undefined, { scheduler }: World): void {
    if (before !== undefined || after.alarm !== "scheduler") return;
    const isCalled = scheduler?.posted.some((callback) => nameOf(callback) === runId(after));
    check("alarm as recorded", isCalled === true, () => `${runId(after)} names a callback that never came`);
  }

  function atRest({ scheduler }: World): void {
    for (const callback of scheduler?.posted ?? []) {
      const { answer } = callback;
      const done = ledger.runs.get(nameOf(callback));
      if (answer?.kind !== "accepted" && answer?.kind !== "duplicate") continue;
      if (ledger.damage.concerns(callback.scheduleId)) continue;
      check("I3 cursor covers", done !== undefined, () => `${nameOf(callback)} was ${answer.kind} and has no record`);
      if (done !== undefined) kept(callback, done);
    }
  }

  /** What was said before it could be recorded, by its owner or by the gate, stands; the work is never done again. */
  function kept(callback: PostedCallback, { outcome, reason }: Run): void {
    const { status } = alarms.says(callback);
    if (status === "due") return;
    const id = nameOf(callback);
    const isRecorded = reason === "reported" || outcome !== "succeeded";
    const isDoneHere = logs.turnsOf(id) > 0;
    check(
      "reports kept",
      isRecorded && !isDoneHere,
      () => `${id}, reported ${status} for ${toIso(callback.slot)}, ended ${outcome} ${reason}`,
    );
  }

  return { script: alarms.isOn ? script : undefined, run, atRest };
}

const nameOf = ({ scheduleId, slot }: AlarmSlot): string => runId({ scheduleId, key: plannedRunKey(slot) });
