import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import type { World } from "../support/world.ts";
import type { Dice } from "../support/world-dice.ts";
import type { Fault, PlanFault, Step } from "../support/world-steps.ts";
import { type Climate, costOf } from "./climate.ts";
import type { Lateness } from "./lateness.ts";
import type { Ledger } from "./ledger.ts";

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
  let isOver = false;
  let isBlack = false;
  let costly = 0;
  /** After a crash the same work is in more danger: recovery has to survive a second one. */
  let relapse: { readonly key: string; readonly until: number } | undefined;

  const count = (kind: string) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };

  const plan: PlanFault = (step) => {
    const fault = isKilled(step) ? ({ kind: "crash_after" } as const) : (blackout(step) ?? anyFault(step));
    if (fault === undefined) return undefined;
    count(fault.kind);
    if (fault.kind !== "reply_lost") costly++;
    lateness?.hinder(costOf(fault));
    if (fault.kind.startsWith("crash")) crash(step);
    return fault;
  };

  function crash({ process }: Step): void {
    const { message } = process;
    if (message === undefined) return;
    relapse = { key: message.key, until: (world?.now() ?? 0) + 5 * minuteMs };
    if (ledger?.runs.get(runId(message))?.state === "running") lateness?.crashed(runId(message));
  }

  /** Some runs kill their worker with each model call. */
  function isKilled({ process: { message }, kind }: Step): boolean {
    if (climate.killers === 0 || kind !== "model" || message === undefined) return false;
    const id = runId(message);
    if (!killers.has(id)) killers.set(id, chance(climate.killers));
    if (killers.get(id)) kills.set(id, (kills.get(id) ?? 0) + 1);
    return killers.get(id) === true;
  }

  function blackout({ kind }: Step): Fault | undefined {
    const isCall = kind === "model" || kind === "tool";
    return isBlack && !isCall ? { kind: "error_before" } : undefined;
  }

  function anyFault({ process, kind, name }: Step): Fault | undefined {
    if (isOver || climate.kinds.length === 0 || (process.kind === "user" && !climate.usersToo)) return undefined;
    if (kind === "listPage" || name.startsWith("ticks/")) return undefined;
    const isRelapse =
      relapse !== undefined && process.message?.key === relapse.key && (world?.now() ?? 0) < relapse.until;
    if (!chance(isRelapse ? Math.min(0.2, climate.frequency * 8) : climate.frequency)) return undefined;
    const kinds = climate.kinds.filter((fault) => isPossible(fault, kind));
    const [first, ...others] = kinds;
    if (first === undefined) return undefined;
    const chosen = one(first, ...others);
    return chosen === "freeze_before" || chosen === "freeze_after"
      ? { kind: chosen, milliseconds: one(...freezes) + below(1000) }
      : { kind: chosen };
  }

  /** Copies of one message, and when they are seen. */
  function deliverAfter(delaySeconds: number): readonly number[] {
    if (isOver || climate.messages === 0 || !chance(climate.messages)) return [delaySeconds];
    const kind = one("message_twice", "message_early", "message_late");
    count(kind);
    if (kind === "message_twice") return [delaySeconds, one(0, delaySeconds, delaySeconds + 45)];
    if (kind === "message_early") return [0];
    const lateSeconds = one(20, 90, 600, 1800);
    lateness?.hinder(lateSeconds * secondMs);
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
    /** The timer's outage and the signals to stop, which come by time and not by step. */
    haunt(haunted: World, its: { ledger: Ledger; lateness: Lateness }, endsAt: number): void {
      world = haunted;
      ({ ledger, lateness } = its);
      const { at, switches, now } = haunted;
      if (climate.outageMs > 0) {
        const from = now() + 3 * minuteMs + below(15 * minuteMs);
        at(from, async () => {
          count("timer_missing");
          say(`the timer stands still for ${climate.outageMs / minuteMs} minutes`);
          switches.ticking = false;
          lateness?.hinder(climate.outageMs + 2 * minuteMs);
        });
        at(from + climate.outageMs, async () => {
          switches.ticking = true;
        });
      }
      if (climate.blackoutMs > 0) {
        const from = now() + 3 * minuteMs + below(15 * minuteMs);
        at(from, async () => darken(true));
        at(from + climate.blackoutMs, async () => darken(false));
      }
      for (let minutes = now(); climate.stops > 0 && minutes < endsAt; minutes += minuteMs) {
        if (chance(climate.stops)) at(minutes + below(minuteMs), async () => stopSome(haunted));
      }
    },
  };

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

/** Calls of models and tools are no storage: they have no reply that is sent again. */
const isPossible = (fault: Fault["kind"], kind: Step["kind"]): boolean =>
  (kind !== "model" && kind !== "tool") || fault.startsWith("crash") || fault.startsWith("freeze");
