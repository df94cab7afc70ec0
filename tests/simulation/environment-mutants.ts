import { AppError } from "../../shared/kernel/errors.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import type { Plan } from "../../shared/schedule/plan.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Versioned } from "../../shared/schedule/schedule-store.ts";
import type { Mutant } from "./mutant.ts";

/** Bugs that show only where clocks are set, the calendar is odd, the timer or the log is down or storage refuses. */
export const environmentMutants: Readonly<Record<string, Mutant>> = {
  "worker's own clock, set by each reply": {
    firstSeed: 21,
    caughtBy: ["not early", "I5 on time", "catch-up policy"],
    bend: (ports, { carriedNow }) => ({ ...ports, clock: { ...ports.clock, now: carriedNow } }),
  },
  "gap shift forgotten": {
    caughtBy: ["I1 each slot one record", "I3 cursor covers"],
    bend: (ports) => withPlans(ports, (plan) => ({ ...plan, gap: "skip" })),
  },
  "zone's offset of the day before": {
    caughtBy: ["as planned", "I1 each slot one record", "I3 cursor covers"],
    bend: (ports) => withPlans(ports, (plan) => ({ ...plan, timeZone: winterOf[plan.timeZone] ?? plan.timeZone })),
  },
  "no second heart": {
    firstSeed: 10,
    caughtBy: ["I5 on time", "all settled"],
    bendHandlers: (handlers) => ({ ...handlers, keepTicking: async () => undefined }),
  },
  "log that fails the app": {
    firstSeed: 10,
    caughtBy: ["I5 on time", "all settled"],
    bend: (ports, { isLogDown }) => ({
      ...ports,
      events: {
        record(event) {
          ports.events.record(event);
          if (isLogDown()) throw new Error("write EPIPE");
        },
      },
    }),
  },
  "turned away taken for absent": {
    firstSeed: 81,
    caughtBy: ["as planned", "all settled", "I6 ends visible"],
    bend: ({ schedules, ...ports }) => ({
      ...ports,
      schedules: {
        ...schedules,
        read: (id) =>
          schedules.read(id).catch((thrown: unknown) => {
            if (thrown instanceof AppError && thrown.details.status === 403) return undefined;
            throw thrown;
          }),
      },
    }),
  },
};

/** The offset that the zone has for most of the worlds that are played in it. */
const winterOf: Readonly<Record<string, string>> = {
  "Europe/Berlin": "Etc/GMT-1",
  "America/New_York": "Etc/GMT+5",
  "Australia/Lord_Howe": "Etc/GMT-11",
  "America/Santiago": "Etc/GMT+4",
  "Africa/Cairo": "Etc/GMT-2",
};

/** Schedules are read as though they had another plan, and written with their own. */
function withPlans(ports: Ports, change: (plan: Plan) => Plan): Ports {
  const plans = new Map<Plan, Plan>();
  const { schedules } = ports;
  const bent = (schedule: Schedule): Schedule => {
    const plan = change(schedule.definition.plan);
    plans.set(plan, schedule.definition.plan);
    return { ...schedule, definition: { ...schedule.definition, plan } };
  };
  const straight = (schedule: Schedule): Schedule => {
    const plan = plans.get(schedule.definition.plan) ?? schedule.definition.plan;
    return { ...schedule, definition: { ...schedule.definition, plan } };
  };
  const read = (current: Versioned<Schedule> | undefined) => current && { ...current, value: bent(current.value) };
  return {
    ...ports,
    schedules: {
      ...schedules,
      create: async (schedule) => schedules.create(straight(schedule)),
      read: async (id) => read(await schedules.read(id)),
      replace: (schedule, version) => schedules.replace(straight(schedule), version),
    },
  };
}
