import { minuteMs } from "../../shared/kernel/clock.ts";
import { type Mutant, onReplace } from "./mutant.ts";

/** Bugs in how an external Scheduler is used. */
export const alarmMutants: Readonly<Record<string, Mutant>> = {
  "timer too late for lost callbacks": {
    caughtBy: ["I5 on time"],
    bend: (ports) => ({ ...ports, settings: { ...ports.settings, alarmGraceMs: 4.5 * minuteMs } }),
  },
  "report forgotten": {
    caughtBy: ["reports kept"],
    bend: (ports) => ({
      ...ports,
      runs: {
        ...ports.runs,
        create: ({ report: _report, ...run }) => ports.runs.create(run),
        replace: ({ report: _report, ...run }, version) => ports.runs.replace(run, version),
      },
    }),
  },
  "every alarm taken for a callback": {
    caughtBy: ["alarm as recorded"],
    bend: (ports) =>
      onReplace(ports, (schedule, version, replace) => {
        const open = schedule.open.map((run) =>
          run.alarm === undefined ? run : { ...run, alarm: "scheduler" as const },
        );
        return replace({ ...schedule, open }, version);
      }),
  },
};
