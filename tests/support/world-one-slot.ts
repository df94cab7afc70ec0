import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "./world.ts";
import { eventsIn, runsIn } from "./world-state.ts";

/** A world with one slot, at minute 5, that has gone on until minute `until`. */
export async function playOneSlot(
  options: WorldOptions & { readonly request?: Partial<ScheduleRequest>; readonly until?: number } = {},
) {
  const { request, until = 20, ...worldOptions } = options;
  const world = createWorld(worldOptions);
  const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, ...request });
  await world.advanceTo(minute(until));
  return { world, schedule, ...(await readOneRun(world, schedule)) };
}

/** The first run of the schedule and its conversation. */
export async function readOneRun(world: World, schedule: { readonly id: string }) {
  const [run] = await runsIn(world, schedule);
  if (run === undefined) throw new Error("The slot has no run.");
  return { run, events: await eventsIn(world, run.conversationId) };
}
