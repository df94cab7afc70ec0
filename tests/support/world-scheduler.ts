import type { AlarmSlot, ArmedState, ExternalAlarm } from "../../shared/alarm/external-alarm.ts";
import type { Instant } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { Callback, CallbackAnswer, TakeCallback } from "../../shared/use-cases/take-callback.ts";
import type { Steps } from "./world-steps.ts";

/** How a Scheduler takes one call. dies: the slot is armed, and nobody hears of it. */
export type ArmingStep = "arms" | "refuses" | "dies";

export interface SchedulerScript {
  readonly arming?: (slot: AlarmSlot) => ArmingStep;
  /** When callbacks of an armed slot are posted, in milliseconds after the slot; without any it is lost. */
  readonly callbacks?: (slot: AlarmSlot) => readonly number[];
  /** What such a callback says; without, that the slot is due. */
  readonly says?: (slot: AlarmSlot) => Pick<Callback, "status" | "content">;
}

interface ArmedSlot extends AlarmSlot {
  readonly id: string;
  state: ArmedState;
}

/** A callback that was posted, and what it was answered; nothing when the app died over it. */
export interface PostedCallback extends AlarmSlot {
  readonly at: Instant;
  answer?: CallbackAnswer;
}

/** A Scheduler on virtual time that does what the script says. Each call of it is a step of the world. */
export function createVirtualScheduler(steps: Steps, now: () => Instant, script: SchedulerScript) {
  const armed: ArmedSlot[] = [];
  const planned: { readonly at: Instant; readonly slot: ArmedSlot }[] = [];
  const posted: PostedCallback[] = [];
  const find = (id: string) => armed.find((slot) => slot.id === id);

  function arm(slot: AlarmSlot): string {
    const made: ArmedSlot = { ...slot, id: `armed-${armed.length + 1}`, state: "scheduled" };
    armed.push(made);
    for (const delayMs of script.callbacks?.(slot) ?? [0]) {
      planned.push({ at: Math.max(now(), slot.slot + delayMs), slot: made });
    }
    return made.id;
  }

  const alarm: ExternalAlarm = {
    arm: (slot) =>
      steps.intercept({ kind: "alarm", name: `arm ${slot.scheduleId}` }, () => {
        const step = script.arming?.(slot) ?? "arms";
        if (step === "refuses") throw new AppError("SERVICE_ERROR", "The Scheduler refuses.");
        const id = arm(slot);
        if (step === "dies") throw new AppError("TIMEOUT_ERROR", "The Scheduler did not answer.");
        return id;
      }),
    cancel: (id) =>
      steps.intercept({ kind: "alarm", name: `cancel ${id}` }, () => {
        const slot = find(id);
        if (slot?.state !== "scheduled") return false;
        slot.state = "cancelled";
        return true;
      }),
    status: (id) => steps.intercept({ kind: "alarm", name: `status ${id}` }, () => find(id)?.state ?? "unknown"),
    health: () => ({ state: "ok", dialect: "mcptools", since: 0 }),
  };

  async function post(slot: ArmedSlot, takeCallback: TakeCallback): Promise<void> {
    const { scheduleId, slot: at } = slot;
    const callback: PostedCallback = { scheduleId, slot: at, at: now() };
    posted.push(callback);
    slot.state = "in_progress";
    const says = script.says?.(slot) ?? { status: "due", content: "" };
    callback.answer = await takeCallback({ scheduleId, slot: at, id: undefined, ...says });
    slot.state = "runId" in callback.answer ? "completed" : "failed";
  }

  return {
    alarm,
    armed: armed as readonly Readonly<ArmedSlot>[],
    posted: posted as readonly PostedCallback[],
    next: (): Instant => Math.min(Infinity, ...planned.map(({ at }) => at)),
    /** What is to be posted by now. A cancelled slot calls nobody. */
    due(): readonly ((takeCallback: TakeCallback) => Promise<void>)[] {
      const due = planned.filter(({ at }) => at <= now());
      for (const callback of due) planned.splice(planned.indexOf(callback), 1);
      return due
        .filter(({ slot }) => slot.state !== "cancelled")
        .map(
          ({ slot }) =>
            (takeCallback) =>
              post(slot, takeCallback),
        );
    },
  };
}
