import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso, type World } from "../support/world.ts";
import { createDice, type Dice } from "../support/world-dice.ts";
import { createInvariants } from "../support/world-invariants.ts";
import { brokenPromises } from "../support/world-promises.ts";
import type { Fault, PlanFault } from "../support/world-steps.ts";

describe("random worlds: any order of steps, overlapping runs, outages, and up to three faults", () => {
  it.each([1, 51, 101, 151, 201, 251, 301, 351])("keep every promise, seeds from %i", async (first) => {
    const broken: string[] = [];
    for (let seed = first; seed < first + 50; seed++) {
      broken.push(...(await play(seed)).map((promise) => `seed ${seed}: ${promise}`));
    }
    expect(broken).toEqual([]);
  });
});

async function play(seed: number): Promise<string[]> {
  const dice = createDice(seed);
  const { below, chance, one } = dice;
  const { observe, violations } = createInvariants();
  const faults = upToThreeFaults(dice);
  const script = anyScript(dice);
  const world = createWorld({
    workers: 1 + below(3),
    repairs: true,
    pick: below,
    planFault: faults.plan,
    observe: (step) => observe(world, step, schedule.id),
    settings: { sliceMs: one(60_000, 480_000) },
    ...script,
  });
  const overlap = one("skip", "buffer_one", "cancel_other", "allow_all");
  const [count, period] = [1 + below(4), one(1, 2, 5)];
  const slots = Array.from({ length: count }, (_, index) => 3 + index * period);
  const schedule = await world.schedule({
    timing: { every_minutes: period, start_at: minuteIso(3), end_at: minuteIso(slots.at(-1) ?? 3) },
    conversation: overlap === "allow_all" ? "new" : one("new", "continue"),
    policies: { overlap, catchUp: one("one", "all", "none"), ...(chance(0.2) && { maxRuns: 2 }) },
  });
  if (chance(0.2)) planOutage(world, dice);
  const isDeleted = chance(0.1);
  if (isDeleted) world.at(minute(3) + below(600_000), () => world.delete(schedule.id));
  await world.advanceTo(minute(150));
  // max_runs ends the plan early, and a deletion too: which slots are owed then is checked step by step.
  const owed = isDeleted || schedule.definition.policies.maxRuns !== undefined ? [] : slots.map(minute);
  const licences = faults.costly() + script.failures();
  return [...violations, ...(await brokenPromises(world, schedule, { slots: owed, licences }))];
}

function anyScript({ chance, one }: Dice) {
  let failures = 0;
  return {
    failures: () => failures,
    model({ turn }: { readonly turn: number }) {
      if (chance(0.05)) {
        failures++;
        return { fails: { class: "transient" } } as const;
      }
      const takesMs = one(0, 2_000, 30_000, 100_000);
      return turn < 2 && chance(0.4) ? { tools: ["look_up"], takesMs } : { text: "Done.", takesMs };
    },
    tool: () => ({ takesMs: one(0, 1_000, 25_000) }),
  };
}

/** In every process, early enough that everything can heal. */
function upToThreeFaults({ below, chance, one }: Dice) {
  const allowed = below(4);
  const happened: Fault[] = [];
  const frequency = one(0.01, 0.03, 0.1);
  const plan: PlanFault = ({ process, kind, name }) => {
    const isCall = kind === "model" || kind === "tool";
    const isDull = name.startsWith("ticks/") || (kind === "listPage" && process.kind !== "reconcile");
    if (isDull || happened.length >= allowed || !chance(frequency)) return undefined;
    const milliseconds = one(3_000, 15_000, 65_000, 130_000, 400_000, 700_000, 1_500_000);
    const fault = one<Fault>(
      { kind: "crash_before" },
      { kind: "crash_after" },
      { kind: "freeze_before", milliseconds },
      { kind: "freeze_after", milliseconds },
      ...(isCall ? [] : (["reply_lost", "error_before", "error_after"] as const).map((kind) => ({ kind }))),
    );
    happened.push(fault);
    return fault;
  };
  return { plan, costly: () => happened.filter(({ kind }) => kind !== "reply_lost").length };
}

function planOutage(world: World, { below, one }: Dice): void {
  const from = minute(below(5));
  const turn = (ticking: boolean) => async () => {
    world.switches.ticking = ticking;
  };
  world.at(from, turn(false));
  world.at(from + one(2, 8, 20) * 60_000, turn(true));
}
