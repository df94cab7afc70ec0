import { hasEnded, type Run, runId } from "../../shared/runs/run.ts";
import type { Step } from "../support/world-steps.ts";
import { type createLogChecks, isWithinTurn } from "./log-checks.ts";
import type { Tally } from "./tally.ts";

export type CallChecks = ReturnType<typeof createCallChecks>;

/** What must hold of calls to models and tools, and of how often runs are taken up. */
export function createCallChecks({ check }: Tally, logs: ReturnType<typeof createLogChecks>) {
  const models = new Map<string, number>();
  const tools = new Map<string, number>();
  /** Workers that made calls of a turn again: what was lost is the group of calls that go on at the same time. */
  const again = new Set<string>();
  const seen = { extraModels: 0, extraTools: 0, extraPickUps: 0, slices: 0 };

  return {
    seen: seen as Readonly<typeof seen>,

    observe({ process, kind, name }: Step): void {
      if (kind === "tool") {
        const [, turn = "", index = ""] = /:(\d+)\.(\d+)$/.exec(name) ?? [];
        check("log bounded", turn !== "" && isWithinTurn(Number(index)), () => `the tool call ${name} is one too many`);
        if (increment(tools, name) > 1) again.add(`${process.number} ${name.replace(/\.\d+$/, "")}`);
        seen.extraTools = again.size;
        // Who was frozen before the call could not know; the receiver does, by the key.
        const isUnknowing = process.frozenUntil > 0;
        check(
          "done once",
          isUnknowing || !logs.hasToolResult(name),
          () => `the tool call ${name} is made again after its result`,
        );
      }
      if (kind === "model" && process.message !== undefined) {
        const id = runId(process.message);
        if (increment(models, `${id} ${logs.answersOf(id)}`) > 1) seen.extraModels++;
      }
    },

    run(after: Run, before: Run | undefined): void {
      if (before === undefined) return;
      if (after.epoch > before.epoch && before.epoch > 0) seen.extraPickUps++;
      const hasWaited = before.state === "waiting_approval";
      const isHandedOn = hasWaited || (before.state === "running" && after.failures === before.failures);
      if (isHandedOn && after.state === "queued") seen.slices++;
      if (hasEnded(before) && !hasEnded(after))
        check("I2 one commit", false, () => `${runId(after)} began anew after its end`);
    },
  };
}

export interface Excuses {
  /** Crashes, freezes and failed requests. */
  readonly costly: number;
  /** Calls that failed or hung by themselves. */
  readonly troubles: number;
  /** Workers that a run has killed, by run. */
  readonly kills: ReadonlyMap<string, number>;
  /** How often a run's record was damaged: one that is made anew begins to count anew. */
  readonly timesLost: (run: string) => number;
}

/** I4: nothing is done again but after something went wrong, and a run that kills its workers is given up. */
export function checkCalls({ check }: Tally, { seen }: CallChecks, excuses: Excuses): void {
  const { costly, troubles, kills, timesLost } = excuses;
  const licences = costly + troubles;
  const { extraModels, extraTools, extraPickUps, slices } = seen;
  check("I4 no extra calls", extraModels <= licences, () => `${extraModels} extra model calls for ${licences} faults`);
  check(
    "I4 no extra calls",
    extraTools <= licences,
    () => `tool calls were made again ${extraTools} times for ${licences} faults`,
  );
  const pickUps = licences + slices;
  check("I4 no extra calls", extraPickUps <= pickUps, () => `${extraPickUps} extra pick-ups for ${pickUps} reasons`);
  for (const [id, count] of kills) {
    const most = mostKills * (1 + timesLost(id));
    check("I6 ends visible", count <= most, () => `${id} has killed ${count} workers`);
  }
}

/** The worker that takes a run up after five crashes ends it. */
const mostKills = 5;

function increment(counts: Map<string, number>, name: string): number {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count;
}
