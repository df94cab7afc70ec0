import { localPrincipal } from "../../shared/access/principal.ts";
import type { Updated, UpdateRequest } from "../../shared/use-cases/update-schedule.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { createInvariants } from "../support/world-invariants.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn } from "../support/world-state.ts";

export type Change = Partial<Omit<UpdateRequest, "id">>;

export const to = (minutes: number): Change => ({ change: { timing: { run_at: minuteIso(minutes) } } });
export const pause: Change = { status: "paused", reason: "Holidays" };
export const resume: Change = { status: "active" };
export const rename: Change = { change: { name: "Evening report", prompt: "And now?" } };
export const everyTwo = { timing: { every_minutes: 2, start_at: minuteIso(3), end_at: minuteIso(9) } };

export const update = (world: World, id: string, change: Change, owner = localPrincipal.owner): Promise<Updated> =>
  world.update({ id, change: {}, ...change }, { owner, name: "" });

/** A world whose schedule is changed at given minutes, watched at every step. */
export async function playEdits(
  request: Parameters<World["schedule"]>[0],
  edits: readonly (readonly [minute: number, change: Change])[],
  options: WorldOptions & { readonly slots?: readonly number[] } = {},
) {
  const { slots = [], ...worldOptions } = options;
  const { observe, violations } = createInvariants();
  const world: World = createWorld({ observe: (step) => observe(world, step, schedule.id), ...worldOptions });
  const schedule = await world.schedule(request);
  const refused: unknown[] = [];
  for (const [at, change] of edits) {
    world.at(minute(at), () => update(world, schedule.id, change).catch((thrown: unknown) => refused.push(thrown)));
  }
  await world.advanceTo(minute(60));
  const broken = await brokenPromises(world, schedule, { slots: slots.map(minute), licences: 0 });
  return { world, schedule, refused, broken: [...violations, ...broken] };
}

export const slotsOf = async (world: World, schedule: { readonly id: string }) =>
  (await runsIn(world, schedule)).map(({ slot, outcome, reason }) => [
    (slot - minute(0)) / 60_000,
    [outcome, reason].filter(Boolean).join(": "),
  ]);
