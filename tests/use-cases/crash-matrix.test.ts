import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createScheduleConversation } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso, type World } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import type { Fault, Step } from "../support/world-steps.ts";

const faults = (["crash_before", "crash_after", "reply_lost", "error_before", "error_after"] as const).map(
  (kind): Fault => ({ kind }),
);

describe("a process that dies while it creates a schedule", () => {
  it.each(faults)("leaves nothing that a repeat of the call does not mend: $kind", async (fault) => {
    expect(await everyFault(fault, playCreate)).toEqual([]);
  });
});

describe("a process that dies while it deletes a schedule", () => {
  it.each(faults)("leaves nothing behind: $kind", async (fault) => {
    expect(await everyFault(fault, playDelete)).toEqual([]);
  });
});

type Play = (planFault: (step: Step) => Fault | undefined) => Promise<{ world: World; broken: string[] }>;

/** Every step of the caller's process meets the fault, one in each world. */
async function everyFault(fault: Fault, play: Play): Promise<string[]> {
  const { world, broken } = await play(() => undefined);
  const told = [...broken];
  for (const { process, number, kind, name } of world.steps.filter((step) => step.process.kind === "user")) {
    const at = `${kind} ${name.split("/")[0]?.replace(/^\{.*/, "message")}`;
    const played = await play((step) => (step.number === number ? fault : undefined));
    told.push(...played.broken.map((promise) => `${process.kind} ${at}: ${promise}`));
  }
  return told;
}

/** The caller asks twice with one key, as one does who got no answer. */
async function playCreate(planFault: (step: Step) => Fault | undefined) {
  const world = createWorld({ planFault });
  const create = createScheduleConversation(world.ports, world.toolbox, { minimumIntervalSeconds: 60 });
  const request = { name: "Report", prompt: "What happened?", timing: { run_at: minuteIso(2) }, idempotencyKey: "k" };
  world.at(minute(0.5), () => create(localPrincipal, request));
  await world.advanceTo(minute(1) - 1);
  const { schedule } = await create(localPrincipal, request);
  await world.advanceTo(minute(60));
  return { world, broken: await brokenPromises(world, schedule, { slots: [minute(2)], licences: 0 }) };
}

/** One run is going on, one is dispatched and waits for its slot, and one slot is next. */
async function playDelete(planFault: (step: Step) => Fault | undefined) {
  const world = createWorld({ workers: 2, planFault, model: () => ({ text: "Done.", takesMs: 150_000 }) });
  const schedule = await world.schedule({ timing: { every_minutes: 2, start_at: minuteIso(3) } });
  world.at(minute(3.5), () => world.delete(schedule.id));
  await world.advanceTo(minute(4));
  const isDeleted = (await world.ports.schedules.read(schedule.id))?.value.status === "deleted";
  // A call that was not carried out is repeated by its caller; one that was is done with for him.
  if (!isDeleted) await world.delete(schedule.id);
  await world.advanceTo(minute(90));
  return { world, broken: await brokenPromises(world, schedule, { slots: [minute(3), minute(5)], licences: 0 }) };
}
