import { hourMs } from "../../shared/kernel/clock.ts";
import { type Mutant, onReplace } from "./mutant.ts";

/** Bugs in how an external Scheduler is used. */
export const alarmMutants: Readonly<Record<string, Mutant>> = {
  "no grace for lost callbacks": {
    caughtBy: ["I5 on time"],
    bend: (ports) => ({ ...ports, settings: { ...ports.settings, alarmGraceMs: hourMs } }),
  },
  "report written after the dispatch": {
    caughtBy: ["reports kept"],
    bend: (ports) => ({
      ...ports,
      runs: { ...ports.runs, create: ({ report: _report, ...run }) => ports.runs.create(run) },
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
