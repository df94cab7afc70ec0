import type { Ports } from "../../shared/protocol/ports.ts";
import type { Run } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { StorageService } from "../support/memory-ports.ts";
import type { Handlers } from "../support/world.ts";
import type { CheckName } from "./tally.ts";

/** What a bug may ask the machine that it runs on. */
export interface BentMachine {
  /** Its own clock on the wall. */
  readonly localNow: () => number;
  /** The same, set by each reply of storage as though nobody else set it. */
  readonly carriedNow: () => number;
  /** What the app prints is lost at the moment. */
  readonly isLogDown: () => boolean;
}

/** A bug that is planted around the app: in its ports and in what it is handed, never a switch in it. */
export interface Mutant {
  readonly bend?: (ports: Ports, machine: BentMachine) => Ports;
  readonly bendHandlers?: (handlers: Handlers, ports: Ports) => Handlers;
  readonly service?: StorageService;
  /** The checks of which one has to find it. */
  readonly caughtBy: readonly CheckName[];
  /** Where worlds that show it begin, when that is not soon after 1: the gate need not play those before. */
  readonly firstSeed?: number;
}

export type Replace = Ports["schedules"]["replace"];

/** Every swap of a schedule goes through `replace`. */
export function onReplace(
  ports: Ports,
  replace: (schedule: Schedule, version: string, straight: Replace) => ReturnType<Replace>,
): Ports {
  const { schedules } = ports;
  return {
    ...ports,
    schedules: { ...schedules, replace: (schedule, version) => replace(schedule, version, schedules.replace) },
  };
}

/** Every run record that is written is changed first. */
export const onRun = (ports: Ports, change: (run: Run) => Run): Ports => ({
  ...ports,
  runs: { ...ports.runs, replace: (run, version) => ports.runs.replace(change(run), version) },
});
