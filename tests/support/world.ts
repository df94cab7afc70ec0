import { localPrincipal } from "../../shared/access/principal.ts";
import { type Instant, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import type { ProtocolSettings } from "../../shared/protocol/ports.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { createDeleteSchedule } from "../../shared/use-cases/delete-schedule.ts";
import { createDispatchDue } from "../../shared/use-cases/dispatch-due.ts";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createScheduleConversation, type ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createMemoryPorts } from "./memory-ports.ts";
import { createScriptedEngine, type Script } from "./world-engine.ts";
import { createHost } from "./world-host.ts";
import { type Process, runAs } from "./world-processes.ts";
import { createSteps, type PlanFault, type Step } from "./world-steps.ts";
import { createVirtualTime } from "./world-time.ts";

export interface WorldOptions {
  readonly model?: Script["model"];
  readonly tool?: Script["tool"];
  /** Messages that are worked on at the same time. */
  readonly workers?: number;
  readonly settings?: Partial<ProtocolSettings>;
  readonly planFault?: PlanFault;
  /** Which of the things that could happen next happens: 0 <= answer < count. */
  readonly pick?: (count: number) => number;
  /** Called after each step, outside of all processes. */
  readonly observe?: (step: Step) => Promise<void>;
}

export type World = ReturnType<typeof createWorld>;

/** When every world begins: a full minute. */
const worldStart = Date.parse("2026-12-01T07:00:00Z");

/** `minutes` after the beginning, as people and as machines write it. */
export const minute = (minutes: number): Instant => worldStart + minutes * minuteMs;
export const minuteIso = (minutes: number): string => toIso(minute(minutes));

/**
 * The whole app on storage in memory and on virtual time: a timer that ticks every minute, a queue that delivers to
 * workers, a scripted model. One thing happens at a time, and everything that happens is decided by the options, so
 * that a run can be repeated exactly.
 */
export function createWorld(options: WorldOptions = {}) {
  const { workers = 1, planFault = () => undefined, pick = () => 0 } = options;
  const time = createVirtualTime(worldStart);
  const { now } = time.clock;
  const steps = createSteps(now, planFault);
  const { intercept } = steps;
  const storage = createMemoryPorts({ ...time, intercept, ...(options.settings && { settings: options.settings }) });
  const { ports } = storage;
  const engine = createScriptedEngine(steps, time.sleep, {
    model: options.model ?? (() => ({ text: "Done." })),
    tool: options.tool ?? (() => ({})),
  });
  /** What a test may turn: the timer, the host's deliveries, and the signal to stop. */
  const switches = { ticking: true, delivering: true, stopping: false };
  const processes: Process[] = [];
  const actions: { at: Instant; act: () => Promise<unknown> }[] = [];
  let nextTick = worldStart + minuteMs;

  const dispatchDue = createDispatchDue(ports, storage.heartbeat);
  const handlers = {
    run: createHandleRunMessage(ports, { ...engine, isStopping: () => switches.stopping }),
    poison: createHandlePoisonedMessage(ports),
  };
  const host = createHost(storage.messages, now, workers, (kind, message) =>
    start({ kind, message }, () => handlers[kind](message)),
  );

  function start(about: Pick<Process, "kind" | "message">, work: () => Promise<unknown>) {
    const process: Process = { ...about, number: processes.length, state: "alive", frozenUntil: 0 };
    processes.push(process);
    const done = runAs(process, async () => {
      try {
        await work();
      } finally {
        process.state = "ended";
      }
    });
    return { process, done };
  }

  function beginWhatIsDue(): void {
    for (const action of actions.filter(({ at }) => at <= now())) {
      actions.splice(actions.indexOf(action), 1);
      start({ kind: "user" }, action.act).done.catch(() => undefined);
    }
    if (nextTick > now()) return;
    nextTick = now() - (now() % minuteMs) + minuteMs;
    if (switches.ticking) start({ kind: "tick" }, dispatchDue).done.catch(() => undefined);
  }

  /** Lets everything happen that happens until then. */
  async function advanceTo(instant: Instant): Promise<void> {
    for (;;) {
      await settled();
      const ready = [...steps.ready(), ...(switches.delivering ? host.ready() : [])];
      const chosen = ready[pick(ready.length)];
      if (chosen !== undefined) {
        const { length } = steps.taken;
        chosen();
        const taken = steps.taken[length];
        if (taken !== undefined) await options.observe?.(taken);
        continue;
      }
      const next = Math.min(time.next(), steps.nextThaw(), host.next(), nextTick, ...actions.map(({ at }) => at));
      time.moveTo(Math.min(next, instant));
      if (next > instant) return;
      beginWhatIsDue();
    }
  }

  const scheduleConversation = createScheduleConversation(ports, engine.toolbox, { minimumIntervalSeconds: 60 });
  const deleteSchedule = createDeleteSchedule(ports);
  return {
    ...storage,
    ...engine,
    processes,
    host,
    switches,
    now,
    steps: steps.taken,
    advanceTo,
    /** Does something at a moment, as a process of its own. */
    at: (instant: Instant, act: () => Promise<unknown>) => void actions.push({ at: instant, act }),
    /** Creates a schedule, within a step of its own when called from outside of all processes. */
    async schedule(request: Partial<ScheduleRequest> & Pick<ScheduleRequest, "timing">): Promise<Schedule> {
      const asked = { name: "Morning report", prompt: "What happened overnight?", ...request };
      return (await scheduleConversation(localPrincipal, asked)).schedule;
    },
    dispatchDue,
    delete: (id: string) => deleteSchedule(localPrincipal, id),
  };
}

/** Until every promise that could go on has gone on. */
const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));
