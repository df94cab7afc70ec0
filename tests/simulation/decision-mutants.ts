import { newRun } from "../../shared/protocol/materialise.ts";
import { hasEnded } from "../../shared/runs/run.ts";
import { findOpen, isPlannedKind } from "../../shared/schedule/gate.ts";
import { nextSlot } from "../../shared/schedule/next-slot.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { type Mutant, onReplace, onRun } from "./mutant.ts";

/** Bugs in what is decided, and in which order. */
export const decisionMutants: Readonly<Record<string, Mutant>> = {
  "record before the gate": {
    caughtBy: ["I6 ends visible", "all settled", "as planned"],
    firstSeed: 10,
    bend: (ports) =>
      onReplace(ports, async (schedule, version, replace) => {
        for (const entry of schedule.open.filter(({ state }) => state === "pending")) {
          await ports.runs.create(newRun(schedule, entry, ports.clock.now()));
          await ports.queue.enqueue(
            { v: 1, scheduleId: schedule.id, key: entry.key },
            Math.max(0, entry.slot - ports.clock.now()),
          );
        }
        return replace(schedule, version);
      }),
  },
  "ended means done": {
    firstSeed: 11,
    caughtBy: ["all settled"],
    bendHandlers: (handlers, ports) => ({
      ...handlers,
      async run(message) {
        const run = await ports.runs.read(message);
        if (run === undefined || !hasEnded(run.value)) await handlers.run(message);
      },
    }),
  },
  "overlap decided without the gate": {
    firstSeed: 42,
    caughtBy: ["one live run", "max_runs"],
    bend: (ports) =>
      onReplace(ports, async (schedule, version, replace) => {
        const written = await replace(schedule, version);
        if (written !== undefined) return written;
        const current = await ports.schedules.read(schedule.id);
        const let_in = schedule.open.find(
          ({ key, state }) =>
            state === "active" && current !== undefined && findOpen(current.value, key)?.state === "pending",
        );
        if (current === undefined || let_in === undefined) return undefined;
        const open = current.value.open.map((run) => (run.key === let_in.key ? let_in : run));
        return replace(
          { ...current.value, open, counted: current.value.counted + (isPlannedKind(let_in.kind) ? 1 : 0) },
          current.version,
        );
      }),
  },
  "duplicate message executed": {
    caughtBy: ["I2 one commit"],
    bendHandlers: (handlers, ports) => ({
      ...handlers,
      async run(message) {
        const run = await ports.runs.read(message);
        if (run !== undefined && hasEnded(run.value)) {
          const { outcome: _outcome, endedAt: _endedAt, ...again } = run.value;
          await ports.runs.replace({ ...again, state: "queued" }, run.version);
        }
        await handlers.run(message);
      },
    }),
  },
  "look-ahead ignores edits": {
    caughtBy: ["as planned"],
    bend(ports) {
      const plans = new Map<string, Schedule["definition"]["plan"]>();
      const { schedules } = ports;
      return {
        ...ports,
        schedules: {
          ...schedules,
          async read(id) {
            const current = await schedules.read(id);
            if (current === undefined || !current.value.open.some(({ state }) => state === "pending")) return current;
            const { plan } = current.value.definition;
            plans.set(id, plan);
            // It ends when the plan does, or no world would.
            const endAt = plan.endAt ?? Math.max(...current.value.open.map(({ slot }) => slot));
            return { ...current, value: withPlan(current.value, { ...everySecond, endAt }) };
          },
          replace: (schedule, version) => schedules.replace(withPlan(schedule, plans.get(schedule.id)), version),
        },
      };
    },
  },
  "lost dead letter": {
    firstSeed: 330,
    caughtBy: ["all settled", "I5 on time", "I6 ends visible"],
    bendHandlers: (handlers) => ({ ...handlers, poison: async () => undefined }),
  },
  "max_runs counted twice": {
    caughtBy: ["max_runs"],
    bend: (ports) =>
      onReplace(ports, async (schedule, version, replace) => {
        const before = await ports.schedules.read(schedule.id);
        const extra = before !== undefined && schedule.counted > before.value.counted ? 1 : 0;
        return replace({ ...schedule, counted: schedule.counted + extra }, version);
      }),
  },
  "catch-up one slot too few": {
    caughtBy: ["catch-up policy", "I1 each slot one record"],
    bend: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        async create(run) {
          const schedule = await ports.schedules.read(run.scheduleId);
          const { missedThrough: through } = run;
          if (through === undefined || schedule === undefined) return ports.runs.create(run);
          const following = nextSlot(schedule.value.definition.plan, through).slot ?? through;
          return ports.runs.create({ ...run, missedThrough: following });
        },
      },
    }),
  },
  "crashes counted by the queue only": {
    firstSeed: 34,
    caughtBy: ["I6 ends visible"],
    bend: (ports) => onRun(ports, (run) => ({ ...run, crashes: 0 })),
  },
};

const withPlan = (schedule: Schedule, plan: Plan | undefined): Schedule =>
  plan === undefined ? schedule : { ...schedule, definition: { ...schedule.definition, plan } };

/** Plans whatever is asked for. */
const everySecond: Plan = {
  when: { kind: "every", minutes: 1, phase: 0 },
  timeZone: "UTC",
  gap: "skip",
  exceptDates: [],
};
