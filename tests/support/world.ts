import { type Clock, hourMs, type Instant, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import type { Ports, ProtocolSettings } from "../../shared/protocol/ports.ts";
import type { RunMessage } from "../../shared/runs/run-queue.ts";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createReconcile } from "../../shared/use-cases/reconcile.ts";
import { createTakeCallback } from "../../shared/use-cases/take-callback.ts";
import { createMemoryPorts, type MemoryPortsOptions } from "./memory-ports.ts";
import { createScriptedEngine, type Script } from "./world-engine.ts";
import { createHearts } from "./world-hearts.ts";
import { createHost } from "./world-host.ts";
import { createPeople } from "./world-people.ts";
import { currentProcess, type Process, runAs } from "./world-processes.ts";
import { createReceivers, type ReceiverScript } from "./world-receiver.ts";
import { createVirtualScheduler, type SchedulerScript } from "./world-scheduler.ts";
import { createSteps, type PlanFault, type Step } from "./world-steps.ts";
import { createVirtualTime } from "./world-time.ts";

export interface WorldOptions {
  readonly model?: Script["model"];
  readonly tool?: Script["tool"];
  /** What receivers of notifications do; without, they take all of them. */
  readonly receiver?: ReceiverScript;
  /** An external Scheduler is the alarm, and does what the script says; without, the timer alone is. */
  readonly scheduler?: SchedulerScript | undefined;
  /** When the world begins: a full minute. */
  readonly start?: Instant;
  /** Machines that the processes take turns on. */
  readonly machines?: number;
  /** Messages that are worked on at the same time. */
  readonly workers?: number;
  readonly settings?: Partial<ProtocolSettings>;
  readonly planFault?: PlanFault;
  /** The hourly repair runs, at minute 7 of each hour. Without, a world shows what heals by ticks and messages alone. */
  readonly repairs?: boolean;
  /** Which of the things that could happen next happens: 0 <= answer < count. */
  readonly pick?: (count: number) => number;
  /** Calls of people and runs that end look whether the timer still ticks, as in the app. */
  readonly keepsTicking?: boolean;
  /** Called after each step, outside of all processes. */
  readonly observe?: (step: Step) => void | Promise<void>;
  /** Told of each change that storage accepted. */
  readonly onChange?: MemoryPortsOptions["onChange"];
  /** Hears of each event that the app records. */
  readonly log?: MemoryPortsOptions["log"];
  /** What the queue makes of one message; see `MemoryQueueOptions`. */
  readonly deliverAfter?: MemoryPortsOptions["deliverAfter"];
  /** The clock as the app's processes see it; without, they know the service's time exactly. */
  readonly clockOf?: (service: Clock) => Clock;
  /** Stands between the app and its ports, for bugs that are planted. */
  readonly bend?: (ports: Ports) => Ports;
  readonly bendHandlers?: (handlers: Handlers, ports: Ports) => Handlers;
  /** Real storage instead of the one in memory. */
  readonly service?: MemoryPortsOptions["service"];
}

type HandleMessage = (message: RunMessage) => Promise<void>;
/** What the queues' messages are handed to, and what is done after each call and run. */
export interface Handlers {
  readonly run: HandleMessage;
  readonly poison: HandleMessage;
  readonly keepTicking: () => Promise<void>;
}

export type World = ReturnType<typeof createWorld>;

/** When a world begins that does not say when. */
export const worldStart = Date.parse("2026-12-01T07:00:00Z");

/** `minutes` after that beginning, as people and as machines write it. */
export const minute = (minutes: number): Instant => worldStart + minutes * minuteMs;
export const minuteIso = (minutes: number): string => toIso(minute(minutes));

/**
 * The whole app on storage in memory and on virtual time: a timer that ticks every minute, a queue that delivers to
 * workers, a scripted model. One thing happens at a time, and everything that happens is decided by the options, so
 * that a run can be repeated exactly.
 */
export function createWorld(options: WorldOptions = {}) {
  const { start: beginning = worldStart, machines = 1, workers = 1 } = options;
  const { planFault = () => undefined, pick = () => 0 } = options;
  const time = createVirtualTime(beginning);
  const { now } = time.clock;
  const steps = createSteps(now, planFault);
  const { intercept } = steps;
  const { settings, onChange, deliverAfter, log, service } = options;
  const { receiver = () => "takes" } = options;
  const { notifier, letters } = createReceivers(steps, { now, sleep: time.sleep }, receiver);
  const storage = createMemoryPorts({ ...time, intercept, settings, onChange, deliverAfter, log, service, notifier });
  const scheduler = options.scheduler === undefined ? undefined : createVirtualScheduler(steps, now, options.scheduler);
  const ports = appPorts({ ...storage.ports, alarm: scheduler?.alarm }, options);
  const engine = createScriptedEngine(steps, time.sleep, {
    model: options.model ?? (() => ({ text: "Done." })),
    tool: options.tool ?? (() => ({})),
  });
  /** What a test may turn: the timer, the host's deliveries, and the signal to stop. */
  const switches = { ticking: true, delivering: true, stopping: false };
  const processes: Process[] = [];
  const actions: { at: Instant; act: () => Promise<unknown> }[] = [];
  let nextTick = beginning + minuteMs;
  let nextRepair = options.repairs === true ? beginning + 7 * minuteMs : Infinity;

  const { dispatchDue, keepTicking } = createHearts(ports, storage.heartbeat);
  const reconcile = createReconcile(ports);
  const takeCallback = createTakeCallback(ports);
  const { bendHandlers = (straight) => straight } = options;
  const handlers = bendHandlers(
    {
      run: createHandleRunMessage(ports, {
        ...engine,
        isStopping: () => switches.stopping || currentProcess()?.isStopping === true,
      }),
      poison: createHandlePoisonedMessage(ports),
      keepTicking,
    },
    ports,
  );
  const host = createHost(storage.messages, now, workers, (kind, message) =>
    start({ kind, message }, async () => {
      await handlers[kind](message);
      if (kind === "run") beat();
    }),
  );

  function start(about: Pick<Process, "kind" | "message"> & { machine?: number }, work: () => Promise<unknown>) {
    const number = processes.length;
    const process: Process = { machine: number % machines, ...about, number, state: "alive", frozenUntil: 0 };
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

  /** Nobody waits for it. */
  function beat(): void {
    const machine = currentProcess()?.machine ?? 0;
    if (options.keepsTicking === true)
      start({ kind: "tick", machine }, handlers.keepTicking).done.catch(() => undefined);
  }

  async function serve(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } finally {
      beat();
    }
  }

  function beginWhatIsDue(): void {
    const due = nextAction() <= now() ? actions.filter(({ at }) => at <= now()) : [];
    for (const action of due) {
      actions.splice(actions.indexOf(action), 1);
      start({ kind: "user" }, () => serve(action.act)).done.catch(() => undefined);
    }
    if (nextRepair <= now()) {
      nextRepair += hourMs;
      start({ kind: "reconcile" }, reconcile).done.catch(() => undefined);
    }
    for (const post of scheduler?.due() ?? []) {
      start({ kind: "callback" }, () => serve(() => post(takeCallback))).done.catch(() => undefined);
    }
    if (nextTick > now()) return;
    nextTick = now() - (now() % minuteMs) + minuteMs;
    if (switches.ticking) start({ kind: "tick" }, dispatchDue).done.catch(() => undefined);
  }

  function nextAction(): Instant {
    let next = Infinity;
    for (const { at } of actions) if (at < next) next = at;
    return next;
  }

  /** One of the things that could happen now; false: nothing could. */
  async function takeOne(): Promise<boolean> {
    const ready = steps.ready();
    const deliveries = switches.delivering ? host.ready() : [];
    const index = pick(ready.length + deliveries.length);
    const [step, delivery] = [ready[index], deliveries[index - ready.length]];
    if (delivery !== undefined) host.deliver(delivery);
    if (step === undefined) return delivery !== undefined;
    const { length } = steps.taken;
    await steps.take(step);
    const taken = steps.taken[length];
    if (taken !== undefined) await options.observe?.(taken);
    return true;
  }

  /** Lets everything happen that happens until then. */
  async function advanceTo(instant: Instant): Promise<void> {
    await undefined;
    for (;;) {
      await settled();
      if (await takeOne()) continue;
      const next = Math.min(
        time.next(),
        steps.nextThaw(),
        host.next(),
        nextTick,
        nextRepair,
        scheduler?.next() ?? Infinity,
        nextAction(),
      );
      time.moveTo(Math.min(next, instant));
      if (next > instant) return;
      beginWhatIsDue();
    }
  }

  return {
    ...storage,
    ports,
    ...engine,
    letters,
    /** Callbacks that were posted, and slots that are armed. */
    scheduler,
    takeCallback,
    processes,
    host,
    switches,
    now,
    start: beginning,
    steps: steps.taken,
    /** Ends a process between two of its calls. */
    kill: steps.kill,
    advanceTo,
    /** Does something at a moment, as a process of its own. */
    at: (instant: Instant, act: () => Promise<unknown>) => void actions.push({ at: instant, act }),
    dispatchDue,
    reconcile,
    /** What people ask for, within a step of its own when called from outside of all processes. */
    ...createPeople(ports, engine.toolbox),
  };
}

function appPorts(ports: Ports, { clockOf = (clock) => clock, bend = (straight) => straight }: WorldOptions): Ports {
  return bend({ ...ports, clock: clockOf(ports.clock) });
}

/**
 * Until every promise that could go on has gone on: a tick that is asked for by a microtask comes when no other is left.
 * A third faster than setImmediate, which asks the operating system each time.
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
