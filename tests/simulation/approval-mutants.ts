import type { Approval } from "../../shared/runs/approval.ts";
import { runId } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { Mutant } from "./mutant.ts";

/** Bugs in how runs wait for people. */
export const approvalMutants: Readonly<Record<string, Mutant>> = {
  "waiting before anybody can see it": {
    caughtBy: ["requests visible"],
    bend(ports) {
      const late = new Map<string, Approval>();
      return {
        ...ports,
        approvals: { ...ports.approvals, create: async (approval) => late.set(runId(approval), approval).size > 0 },
        runs: {
          ...ports.runs,
          async replace(run, version) {
            const written = await ports.runs.replace(run, version);
            const approval = late.get(runId(run));
            if (run.state === "waiting_approval" && approval !== undefined) await ports.approvals.create(approval);
            return written;
          },
        },
      };
    },
  },
  "called without a decision": {
    caughtBy: ["approved first"],
    bend(ports) {
      const asked = new Map<string, Policy>();
      const { schedules } = ports;
      return {
        ...ports,
        schedules: {
          ...schedules,
          async read(id) {
            const current = await schedules.read(id);
            if (current === undefined) return undefined;
            asked.set(id, current.value.definition.policies.approval);
            return { ...current, value: withPolicy(current.value, "never") };
          },
          replace: (schedule, version) => schedules.replace(withPolicy(schedule, asked.get(schedule.id)), version),
        },
      };
    },
  },
  "the second decision wins": {
    caughtBy: ["one decision"],
    bend: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        async replace(run, version) {
          const written = await ports.runs.replace(run, version);
          if (written !== undefined || run.state !== "queued" || run.decision === undefined) return written;
          const current = await ports.runs.read(run);
          if (current?.value.decision?.step !== run.decision.step) return undefined;
          return ports.runs.replace({ ...current.value, decision: run.decision }, current.version);
        },
      },
    }),
  },
  "no message at the expiry": {
    caughtBy: ["I5 on time", "all settled"],
    bend: (ports) => ({
      ...ports,
      queue: {
        enqueue: async (message, delayMs) =>
          message.expires === undefined ? ports.queue.enqueue(message, delayMs) : undefined,
      },
    }),
  },
  "woken before the decision": {
    caughtBy: ["I5 on time"],
    bend(ports) {
      const decided = new Set<string>();
      return {
        ...ports,
        runs: {
          ...ports.runs,
          async replace(run, version) {
            if (run.state !== "queued" || run.decision?.by !== "owner" || run.waiting !== undefined) {
              return ports.runs.replace(run, version);
            }
            await ports.queue.enqueue({ v: 1, scheduleId: run.scheduleId, key: run.key }, 0);
            decided.add(runId(run));
            return ports.runs.replace(run, version);
          },
        },
        queue: {
          enqueue: async (message, delayMs) =>
            decided.delete(runId(message)) ? undefined : ports.queue.enqueue(message, delayMs),
        },
      };
    },
  },
  "requests never taken away": {
    caughtBy: ["requests visible"],
    bend: (ports) => ({ ...ports, approvals: { ...ports.approvals, remove: async () => undefined } }),
  },
};

type Policy = Schedule["definition"]["policies"]["approval"];

const withPolicy = (schedule: Schedule, approval: Policy | undefined): Schedule =>
  approval === undefined
    ? schedule
    : {
        ...schedule,
        definition: { ...schedule.definition, policies: { ...schedule.definition.policies, approval } },
      };
