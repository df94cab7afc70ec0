import { describe, expect, it } from "vitest";
import { runId } from "../../shared/runs/run.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { everyFault, type Play, playWithEveryStep } from "../support/every-fault.ts";
import { createWorld, minute, minuteIso, type World } from "../support/world.ts";
import { createInvariants } from "../support/world-invariants.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import type { PlanFault, Step } from "../support/world-steps.ts";
import { type Change, pause, rename, resume, to, update } from "./edits.ts";

interface Scenario {
  readonly name: string;
  /** Calls to storage of the process that is watched, when all goes well. */
  readonly calls: number;
  readonly play: Play;
}

const repeated: readonly Scenario[] = [
  { name: "creates a schedule", calls: 7, play: playCreate },
  { name: "deletes a schedule", calls: 16, play: playDelete },
  { name: "triggers a backfill", calls: 8, play: playBackfill },
  { name: "cancels a run", calls: 8, play: playCancel },
  { name: "moves a dispatched slot into the look-ahead", calls: 7, play: playEdit(to(4), [3, 4]) },
  { name: "moves a dispatched slot far away", calls: 3, play: playEdit(to(30), [3, 30]) },
  { name: "pauses a schedule", calls: 2, play: playEdit(pause, [3]) },
  { name: "changes the texts of a schedule", calls: 2, play: playEdit(rename, [3]) },
];

const unrepeated: readonly Scenario[] = [
  { name: "moves a slot nearer", calls: 8, play: playAbandonedEdit(8, to(4)) },
  { name: "moves a slot further away", calls: 4, play: playAbandonedEdit(8, to(30)) },
  { name: "moves a dispatched slot far away", calls: 3, play: playAbandonedEdit(3, to(30)) },
];

describe.each(repeated)("a process that meets a fault while it $name", ({ calls, play }) => {
  it.each(everyFault)("leaves nothing that ticks and a repeat of the call do not mend: %j", async (fault) => {
    const { steps, broken } = await playWithEveryStep(fault, play, ofCaller);
    expect(broken).toEqual([]);
    expect(steps).toHaveLength(calls);
  });
});

describe.each(unrepeated)(
  "a process that meets a fault while it $name, when nobody repeats the call",
  ({ calls, play }) => {
    it.each(everyFault)("leaves a schedule that still fires: %j", async (fault) => {
      const { steps, broken } = await playWithEveryStep(fault, play, ofCaller);
      expect(broken).toEqual([]);
      expect(steps).toHaveLength(calls);
    });
  },
);

const ofCaller = (steps: readonly Step[]) => steps.filter(({ process }) => process.kind === "user");

/** Asked for twice with one key, as one does who got no answer. */
async function playCreate(planFault: PlanFault) {
  const world = createWorld({ planFault });
  const request = { timing: { run_at: minuteIso(2) }, idempotencyKey: "k" };
  world.at(minute(0.5), () => world.schedule(request));
  await world.advanceTo(minute(1) - 1);
  const schedule = await world.schedule(request);
  await world.advanceTo(minute(60));
  return { world, broken: await brokenPromises(world, schedule, { slots: [minute(2)], licences: 0 }) };
}

/** One run is going on, one is dispatched and waits for its slot, and one slot is next. */
async function playDelete(planFault: PlanFault) {
  const world = createWorld({ workers: 2, planFault, model: () => ({ text: "Done.", takesMs: 150_000 }) });
  const schedule = await world.schedule({ timing: { every_minutes: 2, start_at: minuteIso(3) } });
  world.at(minute(3.5), () => world.delete(schedule.id));
  await world.advanceTo(minute(4));
  const isDeleted = (await scheduleIn(world, schedule)).status === "deleted";
  // A call that was not carried out is repeated by its caller; one that was is done with for him.
  if (!isDeleted) await world.delete(schedule.id);
  await world.advanceTo(minute(90));
  return { world, broken: await brokenPromises(world, schedule, { slots: [minute(3), minute(5)], licences: 0 }) };
}

/** Three moments again, asked for twice under one key. */
async function playBackfill(planFault: PlanFault) {
  const world = createWorld({ planFault });
  const timing = { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(25) };
  const { id: scheduleId } = await world.schedule({ timing });
  const asked = { scheduleId, backfillFrom: minuteIso(5), backfillTo: minuteIso(25), idempotencyKey: "k" };
  world.at(minute(30.5), () => world.trigger(asked));
  await world.advanceTo(minute(31) - 1);
  const told = (await world.trigger(asked)).runs.map(({ key }) => key);
  await world.advanceTo(minute(60));
  const backfilled = (await runsIn(world, { id: scheduleId })).filter(({ kind }) => kind === "backfill");
  const isTold = told.join() === backfilled.map(({ key }) => key).join();
  const broken = [
    ...(await brokenPromises(world, { id: scheduleId }, { slots: [], licences: 0 })),
    ...(backfilled.length === 3 ? [] : [`${backfilled.length} runs instead of 3`]),
    ...(isTold ? [] : ["the answer names other runs"]),
  ];
  return { world, broken };
}

/** The run waits for its slot. What follows its end is done by the repeat, not by the run's own message. */
async function playCancel(planFault: PlanFault) {
  const world = createWorld({ planFault });
  const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
  const run = runId({ scheduleId: schedule.id, key: plannedRunKey(minute(5)) });
  world.at(minute(4.5), () => world.cancel(run));
  await world.advanceTo(minute(4.9));
  const { outcome } = (await world.cancel(run)).run;
  const { open } = await scheduleIn(world, schedule);
  await world.advanceTo(minute(20));
  const broken = [
    ...(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })),
    ...open.map(({ key }) => `${key} is open`),
    ...(outcome === "cancelled" ? [] : [`ended ${outcome}`]),
  ];
  return { world, broken };
}

/** The slot at minute 3 is dispatched when the edit comes; who got no answer asks again. */
function playEdit(change: Change, slots: readonly number[]): Play {
  return async (planFault) => {
    const { world, id, violations, isAnswered } = await edited(planFault, 3, change);
    if (!isAnswered()) await update(world, id, change);
    await world.advanceTo(minute(20));
    if (change === pause) {
      await update(world, id, to(40));
      await update(world, id, resume);
    }
    await world.advanceTo(minute(90));
    const broken = await brokenPromises(world, { id }, { slots: slots.map(minute), licences: 0 });
    return { world, broken: [...violations, ...broken] };
  };
}

function playAbandonedEdit(slot: number, change: Change): Play {
  return async (planFault) => {
    const { world, id, violations } = await edited(planFault, slot, change);
    await world.advanceTo(minute(90));
    const outcomes = await outcomesIn(world, { id });
    const broken = await brokenPromises(world, { id }, { slots: [], licences: 0 });
    const unlessRun = outcomes.includes("succeeded") ? [] : ["no run succeeded"];
    return { world, broken: [...violations, ...broken, ...unlessRun] };
  };
}

/** A schedule of one slot whose change begins at 2:12; it is 2:48. */
async function edited(planFault: PlanFault, slot: number, change: Change) {
  const { observe, violations } = createInvariants();
  const world: World = createWorld({ planFault, observe: (step) => observe(world, step, id) });
  const { id } = await world.schedule({ timing: { run_at: minuteIso(slot) } });
  let isAnswered = false;
  world.at(minute(2.2), async () => {
    await update(world, id, change);
    isAnswered = true;
  });
  await world.advanceTo(minute(2.8));
  return { world, id, violations, isAnswered: () => isAnswered };
}
