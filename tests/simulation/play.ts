import { minuteMs, toIso } from "../../shared/kernel/clock.ts";
import type { RunMessage } from "../../shared/runs/run-queue.ts";
import type { StorageService } from "../support/memory-ports.ts";
import { createWorld, type Handlers, type World } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import type { PlanFault } from "../support/world-steps.ts";
import { checkCalls, createCallChecks } from "./call-checks.ts";
import { anyClimate } from "./climate.ts";
import { createGateChecks } from "./gate-checks.ts";
import { createLateness } from "./lateness.ts";
import { createLedger } from "./ledger.ts";
import { createLogChecks } from "./log-checks.ts";
import { createMachines } from "./machines.ts";
import type { Mutant } from "./mutant.ts";
import { letPeopleAct } from "./people.ts";
import { anyScript } from "./population.ts";
import { checkQuiescence, isQuiet } from "./quiescence.ts";
import { type Broken, type CheckName, createTally } from "./tally.ts";
import { createTrouble } from "./trouble.ts";

export interface PlayOptions {
  readonly seed: number;
  /** A bug that is planted. */
  readonly mutant?: Mutant | undefined;
  /** Real storage; without it, storage in memory. */
  readonly service?: StorageService | undefined;
  /** Hears of every step, for a person who reads what happened. */
  readonly tell?: ((line: string) => void) | undefined;
}

export interface Played {
  readonly seed: number;
  /** Run records: each stands for one slot, a missed one for one or more. */
  readonly slots: number;
  readonly operations: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<CheckName, number>>;
  readonly broken: readonly Broken[];
}

/** One world from its seed to its end: everything in it is decided by the seed. */
export async function play({ seed, mutant, service, tell }: PlayOptions): Promise<Played> {
  const dice = createDice(seed);
  const climate = anyClimate(dice);
  const script = anyScript(dice);
  const tally = createTally();
  const ledger = createLedger();
  const gate = createGateChecks(ledger, tally, () => world.now());
  const logs = createLogChecks(tally);
  const calls = createCallChecks(tally, logs);
  const lateness = createLateness(
    ledger,
    tally,
    () => world.now(),
    () => world.host.starvedAt(),
  );
  const say = (text: string) => tell?.(`${toIso(world.now())} ${text}`);
  const trouble = createTrouble(dice, climate, say);
  let machines: ReturnType<typeof createMachines> | undefined;
  const world: World = createWorld({
    ...script,
    workers: climate.workers,
    repairs: climate.repairs,
    pick: dice.below,
    planFault: telling(tell, trouble.plan, () => world.now(), calls.observe),
    deliverAfter: trouble.deliverAfter,
    // A fault in a check is one of ours and must not look like one of the app's.
    onChange(change) {
      try {
        ledger.apply(change);
      } catch (thrown) {
        tally.check(
          "all settled",
          false,
          () => `the check of ${change.name} failed: ${thrown instanceof Error ? thrown.stack : thrown}`,
        );
      }
    },
    settings: { sliceMs: dice.one(60_000, 480_000), dueShards: dice.one(1, 1, 1, 3) },
    clockOf(clock) {
      machines = createMachines(dice, 4, climate.skewMs, clock);
      return machines.clock;
    },
    observe: async ({ process }) => machines?.replied(process),
    bend: (ports) => mutant?.bend?.(ports, { localNow: () => machines?.localNow() ?? 0 }) ?? ports,
    bendHandlers: (handlers, ports) => tellingThrows(mutant?.bendHandlers?.(handlers, ports) ?? handlers, say),
    service: mutant?.service ?? service,
  });
  ledger.read({
    schedule(after, before) {
      gate.schedule(after, before);
      lateness.schedule(after);
      say(
        `  schedule: ${after.status}, open ${after.open.map((run) => `${run.key} ${run.state}`).join(", ") || "none"}`,
      );
    },
    run(after, before) {
      gate.run(after, before);
      lateness.run(after, before);
      calls.run(after, before);
      say(`  record: ${after.key} ${after.state} ${after.outcome ?? ""} ${after.reason ?? ""} epoch ${after.epoch}`);
    },
    events(conversation, segment, added) {
      logs.events(conversation, segment, added);
      for (const event of added) say(`  logged: ${event.type}${"run" in event ? ` of ${event.run}` : ""}`);
    },
  });

  const { endsAt } = letPeopleAct(world, ledger, dice, { schedules: 1 + dice.below(8), slots: 14 });
  trouble.haunt(world, { ledger, lateness }, endsAt);
  await world.advanceTo(endsAt + 10 * minuteMs + climate.outageMs);
  trouble.calmDown();
  for (let rounds = 0; rounds < mostQuietRounds && !isQuiet(world, ledger); rounds++) {
    await world.advanceTo(world.now() + 10 * minuteMs);
  }
  checkQuiescence({ world, ledger, tally, gate, logs });
  checkCalls(tally, calls, { costly: trouble.costly(), troubles: script.told.troubles, kills: trouble.killsOf() });
  const { counts, broken } = tally;
  return {
    seed,
    slots: ledger.runs.size,
    operations: world.steps.length,
    faults: trouble.counts,
    checks: counts,
    broken,
  };
}

/** Eight hours: the longest wait for a retry is one, and an orphan is given one. */
const mostQuietRounds = 48;

function tellingThrows(handlers: Handlers, say: (text: string) => void): Handlers {
  const telling = (handle: Handlers["run"]) => (message: RunMessage) =>
    handle(message).catch((thrown: unknown) => {
      say(`the message for ${message.key} is given back: ${thrown instanceof Error ? thrown.stack : thrown}`);
      throw thrown;
    });
  return { run: telling(handlers.run), poison: telling(handlers.poison) };
}

function telling(
  tell: PlayOptions["tell"],
  plan: PlanFault,
  now: () => number,
  observe: (step: Parameters<PlanFault>[0]) => void,
): PlanFault {
  return (step) => {
    observe(step);
    const fault = plan(step);
    if (tell !== undefined) {
      const { process, kind, name } = step;
      const who = `${process.kind} ${process.number}${process.message ? ` (${process.message.key})` : ""}`;
      const what =
        fault === undefined
          ? ""
          : `  <-- ${"milliseconds" in fault ? `${fault.kind} ${fault.milliseconds}` : fault.kind}`;
      tell(`${toIso(now())} ${who.padEnd(24)} ${kind} ${name}${what}`);
    }
    return fault;
  };
}
