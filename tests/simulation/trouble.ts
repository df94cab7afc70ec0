import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import type { World } from "../support/world.ts";
import type { Dice } from "../support/world-dice.ts";
import { type Fault, isOutside, type PlanFault, type Step } from "../support/world-steps.ts";
import { type Climate, costOf } from "./climate.ts";
import type { Lateness } from "./lateness.ts";
import type { Ledger } from "./ledger.ts";
import type { Machines } from "./machines.ts";
import { anyStorageTrouble } from "./storage-trouble.ts";

/** The adapter's limit for all attempts of one request. */
const longestCallMs = 30 * secondMs;

const freezes = [3, 15, 65, 130, 400, 700, 1_500].map((seconds) => seconds * secondMs) as [number, ...number[]];

/** All that goes wrong in one world, by the climate's probabilities; counted by kind. */
export function createTrouble(dice: Dice, climate: Climate, say: (text: string) => void) {
  const { chance, one, below } = dice;
  const counts: Record<string, number> = {};
  const killers = new Map<string, boolean>();
  const kills = new Map<string, number>();
  let world: World | undefined;
  let ledger: Ledger | undefined;
  let lateness: Lateness | undefined;
  let machines: Machines | undefined;
  let isOver = false;
  let isBlack = false;
  let isLogDown = false;
  let costly = 0;
  let isAnswered = true;
  /** After a crash the same work is in more danger: recovery has to survive a second one. */
  let relapse: { readonly key: string; readonly until: number } | undefined;

  const count = (kind: string) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };

  const plan: PlanFault = (step) => {
    if (!isOver && climate.clockJumps > 0 && chance(climate.clockJumps / 20)) jump(step.process.machine);
    isAnswered = !isOutside(step);
    const fault = isKilled(step) ? counted({ kind: "crash_after" }) : (blackout(step) ?? anyFault(step));
    if (fault === undefined) return undefined;
    if (fault.kind !== "reply_lost") costly++;
    lateness?.hinder(costOf(fault));
    if (fault.kind.startsWith("crash")) crash(step);
    return fault;
  };

  /** A clock that is set holds nothing up and is no excuse: time is the service's. */
  function jump(machine?: number): void {
    const byMs = machines?.jump(machine) ?? 0;
    count(byMs < 0 ? "clock_jump_backward" : "clock_jump_forward");
    say(`a machine's clock is set by ${byMs / secondMs} s`);
  }

  function crash({ process }: Step): void {
    isAnswered = false;
    machines?.restart(process);
    const { message } = process;
    // Who arms a slot does not hold its run.
    if (message === undefined || message.arm === true) return;
    relapse = { key: message.key, until: (world?.now() ?? 0) + 5 * minuteMs };
    if (ledger?.runs.get(runId(message))?.state === "running") lateness?.crashed(runId(message));
  }

  function counted(fault: Fault, name: string = fault.kind): Fault {
    count(name);
    return fault;
  }

  /** Some runs kill their worker with each model call. */
  function isKilled({ process: { message }, kind }: Step): boolean {
    if (climate.killers === 0 || kind !== "model" || message === undefined) return false;
    const id = runId(message);
    if (!killers.has(id)) killers.set(id, chance(climate.killers));
    if (killers.get(id)) kills.set(id, (kills.get(id) ?? 0) + 1);
    return killers.get(id) === true;
  }

  function blackout(step: Step): Fault | undefined {
    return isBlack && !isOutside(step) ? failing("error_before") : undefined;
  }

  function anyFault({ process, kind, name }: Step): Fault | undefined {
    if (isOver || climate.kinds.length === 0 || (process.kind === "user" && !climate.usersToo)) return undefined;
    // Ticks are many, and most have nothing to do.
    if ((kind === "listPage" || name.startsWith("ticks/")) && !chance(0.1)) return undefined;
    const isRelapse =
      relapse !== undefined && process.message?.key === relapse.key && (world?.now() ?? 0) < relapse.until;
    if (!chance(isRelapse ? Math.min(0.2, climate.frequency * 8) : climate.frequency)) return undefined;
    const kinds = climate.kinds.filter((fault) => isPossible(fault, kind));
    const [first, ...others] = kinds;
    if (first === undefined) return undefined;
    return faultOf(one(first, ...others));
  }

  function faultOf(kind: Fault["kind"]): Fault {
    switch (kind) {
      case "error_before":
      case "error_after":
        return failing(kind);
      case "freeze_before":
      case "freeze_after":
        return counted({ kind, milliseconds: one(...freezes) + below(secondMs) });
      case "slow":
        return counted({ kind, milliseconds: below(longestCallMs) });
      default:
        return counted({ kind });
    }
  }

  function failing(kind: "error_before" | "error_after"): Fault {
    const { name, error, milliseconds } = anyStorageTrouble(dice, kind);
    isAnswered = "status" in error.details;
    return counted({ kind, error, milliseconds }, `${kind}_${name}`);
  }

  /** Copies of one message, and when they are seen. */
  function deliverAfter(delaySeconds: number): readonly number[] {
    if (isOver || climate.messages === 0 || !chance(climate.messages)) return [delaySeconds];
    const kind = one("message_twice", "message_early", "message_late");
    count(kind);
    if (kind === "message_twice") return [delaySeconds, one(0, delaySeconds, delaySeconds + 45)];
    if (kind === "message_early") return [0];
    const lateSeconds = one(20, 90, 600, 1800);
    lateness?.hinder(lateSeconds * secondMs, delaySeconds * secondMs);
    return [delaySeconds + lateSeconds];
  }

  return {
    counts: counts as Readonly<Record<string, number>>,
    plan,
    deliverAfter,
    killsOf: () => kills,
    /** Faults that may each cost a repeated call. */
    costly: () => costly,
    calmDown(): void {
      isOver = true;
    },
    /** Storage has answered the last step that was taken, and its answer is dated. */
    isAnswered: (): boolean => isAnswered,
    isLogDown: (): boolean => isLogDown,
    /** Prints what the app has to say, or fails to. */
    print(line: string): void {
      if (line.includes('"logger":"tick.silent"')) count("second_heart_beats");
      if (!isLogDown) return;
      count("telemetry_down");
      throw new Error("write EPIPE");
    },
    /** The timer's outage and the signals to stop, which come by time and not by step. */
    haunt(
      haunted: World,
      its: { ledger: Ledger; lateness: Lateness; machines: Machines | undefined },
      endsAt: number,
    ): void {
      world = haunted;
      ({ ledger, lateness, machines } = its);
      const { at, switches, now } = haunted;
      if (climate.visitsMs > 0) visit(haunted);
      if (climate.timerless) stopTimer(haunted);
      if (climate.logDownMs > 0) loseLog(haunted);
      if (climate.outageMs > 0) {
        const from = now() + 3 * minuteMs + below(15 * minuteMs);
        at(from, async () => {
          count("timer_missing");
          say(`the timer stands still for ${climate.outageMs / minuteMs} minutes`);
          switches.ticking = false;
          lateness?.hinder(climate.outageMs + 2 * minuteMs);
        });
        at(from + climate.outageMs, async () => {
          switches.ticking = !climate.timerless;
        });
      }
      if (climate.blackoutMs > 0) {
        const from = now() + 3 * minuteMs + below(15 * minuteMs);
        at(from, async () => darken(true));
        at(from + climate.blackoutMs, async () => darken(false));
      }
      for (let minutes = now(); minutes < endsAt; minutes += minuteMs) {
        if (chance(climate.clockJumps)) at(minutes + below(minuteMs), async () => jump());
        if (chance(climate.stops)) at(minutes + below(minuteMs), async () => stopSome(haunted));
      }
    },
  };

  /** Somebody looks at something, again and again: a call that asks nothing of storage and is a heart of the tick. */
  function visit(visited: World): void {
    visited.at(visited.now() + climate.visitsMs, async () => visit(visited));
  }

  function stopTimer({ switches }: World): void {
    count("timer_never");
    switches.ticking = false;
  }

  function loseLog({ at, now }: World): void {
    const from = now() + below(15 * minuteMs);
    at(from, async () => {
      isLogDown = true;
    });
    if (climate.logDownMs === Infinity) return;
    at(from + climate.logDownMs, async () => {
      isLogDown = false;
    });
  }

  function darken(isDark: boolean): void {
    isBlack = isDark;
    say(`storage answers ${isDark ? "nobody" : "again"}`);
    // Messages that were given back five times wait for the handler of poisoned ones, and a minute more.
    lateness?.hinder(climate.blackoutMs + 10 * minuteMs);
  }

  /** A platform update: half of the workers are told to stop, and killed when they have not after half a minute. */
  function stopSome({ processes, now, at, kill }: World): void {
    count("sigterm");
    const told = processes.filter(({ kind, state }) => kind === "run" && state === "alive" && chance(0.5));
    for (const process of told) {
      process.isStopping = true;
      say(`SIGTERM for process ${process.number}`);
    }
    at(now() + 30 * secondMs, async () => {
      for (const process of told.filter(({ state }) => state === "alive")) {
        count("sigkill");
        costly++;
        lateness?.hinder(costOf({ kind: "crash_before" }));
        crash({ process } as Step);
        kill(process);
      }
    });
  }
}

const isPossible = (fault: Fault["kind"], kind: Step["kind"]): boolean =>
  !isOutside({ kind }) || fault.startsWith("crash") || fault.startsWith("freeze");
