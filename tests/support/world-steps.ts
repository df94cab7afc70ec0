import type { Instant } from "../../shared/kernel/clock.ts";
import { AppError } from "../../shared/kernel/errors.ts";
import type { Intercept, StorageOperation } from "./memory-ports.ts";
import { currentProcess, isAwake, type Process } from "./world-processes.ts";

/**
 * What can go wrong with one step. After `reply_lost` the request is sent again, and the second answer comes back; a
 * `slow` one gets through after a while. An error is seen after `milliseconds`, at once without; others do not wait for it.
 */
export type Fault =
  | { readonly kind: "crash_before" | "crash_after" | "reply_lost" }
  | { readonly kind: "error_before" | "error_after"; readonly error?: Error; readonly milliseconds?: number }
  | { readonly kind: "freeze_before" | "freeze_after" | "slow"; readonly milliseconds: number };

/** One call that leaves the process: to storage, the model, a tool, a receiver of notifications or a Scheduler. */
export interface Step {
  readonly process: Process;
  readonly kind: StorageOperation["kind"] | "model" | "tool" | "notify" | "alarm";
  readonly name: string;
  /** When the process asked for it; a frozen one may be answered much later. */
  readonly sentAt: Instant;
  /** 0, 1, ... over all processes, in the order in which the steps were taken. */
  readonly number: number;
}

/** No storage: such a call has no reply that is sent again. */
export const isOutside = ({ kind }: Pick<Step, "kind">): boolean =>
  kind === "model" || kind === "tool" || kind === "notify" || kind === "alarm";

type Failure = Pick<Extract<Fault, { error?: Error }>, "error" | "milliseconds">;

export type PlanFault = (step: Step) => Fault | undefined;

interface Parked {
  readonly process: Process;
  readonly operation: Pick<Step, "kind" | "name" | "sentAt">;
  /** Carries it out; what comes of it is kept for `answer`. Only real storage takes its time. */
  readonly perform: () => void | Promise<void>;
  readonly answer: () => void;
  readonly refuse: (reason: Error) => void;
  /** Has its fault behind it. */
  readonly isCleared?: true;
  /** Nothing is heard of it until then. */
  readonly notBefore?: Instant;
}

export type Steps = ReturnType<typeof createSteps>;

/**
 * Every call waits here until the world takes it: between two calls of a process anything may happen. The one place
 * where faults are put in.
 */
export function createSteps(now: () => Instant, planFault: PlanFault) {
  let parked: Parked[] = [];
  const taken: Step[] = [];

  /** Nothing to wait for but real storage. */
  function take(step: Parked): void | Promise<void> {
    parked.splice(parked.indexOf(step), 1);
    const { process, operation } = step;
    const fault = step.isCleared ? undefined : plan({ process, ...operation, number: taken.length });
    if (fault?.kind === "crash_before") kill(process);
    else if (fault?.kind === "error_before") refuseLater(step, fault);
    else if (fault?.kind === "slow") later(step, fault.milliseconds);
    else if (fault?.kind === "freeze_before") freeze(step, fault.milliseconds);
    else {
      const performed = step.perform();
      return performed === undefined ? reply(step, fault) : performed.then(() => reply(step, fault));
    }
  }

  /** What comes of a step that was carried out. */
  function reply(step: Parked, fault: Fault | undefined): void | Promise<void> {
    if (fault?.kind === "crash_after") kill(step.process);
    else if (fault?.kind === "error_after") refuseLater(step, fault);
    else if (fault?.kind === "freeze_after") freeze({ ...step, perform: () => {} }, fault.milliseconds);
    else if (fault?.kind === "reply_lost") {
      const again = step.perform();
      return again === undefined ? step.answer() : again.then(step.answer);
    } else step.answer();
  }

  function plan(step: Step): Fault | undefined {
    taken.push(step);
    return planFault(step);
  }

  function kill(process: Process): void {
    process.state = "dead";
    parked = parked.filter((step) => step.process !== process);
  }

  function freeze(step: Parked, milliseconds: number): void {
    step.process.frozenUntil = now() + milliseconds;
    parked.push({ ...step, isCleared: true });
  }

  function later(step: Parked, milliseconds: number): void {
    parked.push({ ...step, isCleared: true, notBefore: now() + milliseconds });
  }

  function refuseLater(step: Parked, { error = unavailable(), milliseconds = 0 }: Failure): void {
    if (milliseconds === 0) step.refuse(error);
    else later({ ...step, perform: () => {}, answer: () => step.refuse(error) }, milliseconds);
  }

  const park = <T>(process: Process, operation: Parked["operation"], perform: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      let answer = () => {};
      parked.push({
        process,
        operation,
        perform() {
          const refuse = (thrown: unknown) => {
            answer = () => reject(thrown);
          };
          try {
            const result = perform();
            answer = () => resolve(result);
            if (result instanceof Promise) return result.then(() => undefined, refuse);
          } catch (thrown) {
            refuse(thrown);
          }
        },
        answer: () => answer(),
        refuse: reject,
      });
    });

  const intercept = <T>(operation: Pick<Step, "kind" | "name">, perform: () => T): Promise<T> => {
    const process = currentProcess();
    if (process === undefined) return Promise.resolve().then(perform);
    return process.state === "dead"
      ? new Promise<T>(() => {})
      : park(process, { ...operation, sentAt: now() }, perform);
  };

  return {
    intercept: intercept satisfies Intercept,
    /** Every step so far, for counting. */
    taken: taken as readonly Step[],
    /** What could be taken now. */
    ready: (): readonly Parked[] => {
      const at = now();
      return parked.filter(({ process, notBefore = 0 }) => notBefore <= at && isAwake(process, at));
    },
    take,
    /** A process that is killed from outside, between two of its calls. */
    kill,
    /** When the next frozen process wakes, or the next slow request is answered. */
    nextThaw(): Instant {
      const from = now();
      let next = Infinity;
      for (const { process, notBefore = 0 } of parked) {
        const at = Math.max(process.frozenUntil, notBefore);
        if (at > from && at < next) next = at;
      }
      return next;
    },
  };
}

const unavailable = () => new AppError("SERVICE_ERROR", "Storage did not answer in time.");

/** The nth such step, from 1, meets the fault; all others go well. */
export function faultOnce(matches: (step: Step) => boolean, fault: Fault, nth = 1): PlanFault {
  let seen = 0;
  return (step) => (matches(step) && ++seen === nth ? fault : undefined);
}
