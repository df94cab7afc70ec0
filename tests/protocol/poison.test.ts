import { describe, expect, it } from "vitest";
import { secondMs } from "../../shared/kernel/clock.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
import { sampleId } from "../support/sample-records.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { playOneSlot, readOneRun } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";

const slots = [minute(5)];

describe("a run that kills every worker", () => {
  it("ends failed (poison) after the fifth, in the log as well", async () => {
    const { world, schedule, run, events } = await playOneSlot({
      planFault: ({ kind }) => (kind === "model" ? { kind: "crash_after" } : undefined),
      until: 120,
    });
    expect(run).toMatchObject({ outcome: "failed", reason: "poison", crashes: 5 });
    expect(world.modelCalls).toHaveLength(5);
    expect(events.at(-1)).toMatchObject({ type: "run_finished", outcome: "failed", reason: "poison" });
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", failures: 1 });
    expect(await brokenPromises(world, schedule, { slots, licences: 5 })).toEqual([]);
  });

  it("goes on while it was killed less often than that", async () => {
    let deaths = 0;
    const { run } = await playOneSlot({
      planFault: ({ kind }) => (kind === "model" && ++deaths <= 4 ? { kind: "crash_after" } : undefined),
      until: 120,
    });
    expect(run).toMatchObject({ outcome: "succeeded", crashes: 4 });
  });
});

describe("a run whose log cannot be written", () => {
  it("ends failed (poison) with the message that the queue gives up after five deliveries, 30 seconds apart", async () => {
    const { run, sent } = await playWithoutLog("error_before");
    expect(run).toMatchObject({ outcome: "failed", reason: "poison", endedAt: minute(5) + 5 * 30 * secondMs });
    expect(run).toMatchObject({ epoch: 8, crashes: 8 });
    expect(sent).toHaveLength(1 + 8);
  });

  it("ends failed (poison) after ten workers that died of it", async () => {
    const { run } = await playWithoutLog("crash_before");
    expect(run).toMatchObject({ outcome: "failed", reason: "poison", endedAt: minute(19.5) });
    expect(run).toMatchObject({ epoch: 11, crashes: 10 });
  });

  it("ends failed (damaged_log) at once when the log is damaged and cannot be read", async () => {
    const world = createWorld({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { text: "Done." }),
      tool: () => ({ hangs: "for_ever" }),
    });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5) + 1_000);
    const segment = world.blobs.names().find((name) => name.endsWith(".jsonl"))!;
    await world.blobs.write(segment, "{", { condition: "always" });
    await world.advanceTo(minute(120));
    const [record] = await runsIn(world, schedule);
    expect(record).toMatchObject({ outcome: "failed", reason: "damaged_log", epoch: 2 });
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", open: [] });
    expect(world.host.unfinished()).toEqual([]);
  });
});

describe("a message that failed as often as the queue allows", () => {
  it("counts as a crash of its run, which ends failed (poison) in the end, and the operator is told", async () => {
    const { world, schedule, run } = await playOneSlot({
      planFault: ({ kind, process }) =>
        kind === "acquireLease" && process.kind === "run" ? { kind: "error_before" } : undefined,
      until: 120,
    });
    expect(run).toMatchObject({ outcome: "failed", reason: "poison", crashes: 5, epoch: 0 });
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "run.poisoned", level: "error" }));
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("does not touch a run that somebody is working on", async () => {
    const world = createWorld({ model: () => ({ text: "Slow.", takesMs: 200_000 }) });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(6));
    const { run } = await readOneRun(world, schedule);
    const handle = createHandlePoisonedMessage(world.ports);
    for (let time = 0; time < 6; time++) await handle({ v: 1, scheduleId: schedule.id, key: run.key });
    await world.advanceTo(minute(20));
    expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "succeeded", crashes: 0, epoch: 1 });
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("finishes what the end of its run left undone", async () => {
    const { world, schedule } = await playOneSlot({
      planFault: ({ name, process }) =>
        name.startsWith("history/") && process.kind === "run" ? { kind: "error_before" } : undefined,
      until: 120,
    });
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it.each([
    "no json",
    { v: 1, scheduleId: "schedules/../x", key: "p1" },
    { v: 1, scheduleId: sampleId(1), key: "no key" },
    { v: 2, scheduleId: sampleId(1), key: "p1" },
    undefined,
  ])("is reported and dropped when it is none of ours: %j", async (body) => {
    const world = createWorld();
    await createHandlePoisonedMessage(world.ports)(body);
    expect(world.recorded).toMatchObject([{ name: "queue.unreadable", level: "error" }]);
    expect(world.blobs.names()).toEqual([]);
    expect(world.host.unfinished()).toEqual([]);
  });

  it("cancels the run of a schedule that was deleted, or is gone altogether", async () => {
    for (const isGone of [false, true]) {
      const { world, schedule, handle } = await dispatched();
      const { value, version } = (await world.ports.schedules.read(schedule.id))!;
      const deleted = await world.ports.schedules.replace({ ...value, status: "deleted" }, version);
      if (isGone) await world.ports.schedules.remove(schedule.id, deleted ?? "");
      await handle();
      expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "cancelled", reason: "deleted" });
      expect((await world.ports.schedules.read(schedule.id))?.value.open ?? []).toEqual([]);
    }
  });

  it("makes a run whose conversation has lost its head end failed (poison) all the same", async () => {
    const { world, schedule, handle } = await dispatched();
    for (let time = 0; time < 5; time++) {
      for (const name of world.blobs.names().filter((blob) => blob.endsWith("head.json")))
        await world.blobs.remove(name);
      await handle();
    }
    expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "failed", reason: "poison", crashes: 5 });
    expect(await scheduleIn(world, schedule)).toMatchObject({ open: [] });
  });

  it("is looked at again where runs are handled when its run has no record", async () => {
    const { world, schedule, handle } = await dispatched();
    const name = world.blobs.names().find((blob) => blob.startsWith("runs/"))!;
    await world.blobs.remove(name);
    await handle();
    await world.advanceTo(minute(20));
    expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "succeeded" });
  });

  it("sets a damaged record aside and counts on the new one", async () => {
    const { world, schedule, handle } = await dispatched();
    const name = world.blobs.names().find((blob) => blob.startsWith("runs/"))!;
    await world.blobs.write(name, "{", { condition: "always" });
    await handle();
    expect(world.blobs.names()).toContain(`quarantine/${name}`);
    await world.advanceTo(minute(20));
    expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "succeeded" });
  });
});

/** Every append to the conversation meets the fault. */
async function playWithoutLog(kind: "error_before" | "crash_before") {
  const { world, schedule, run } = await playOneSlot({
    planFault: (step) => (step.kind === "append" ? { kind } : undefined),
    until: 120,
  });
  expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  return { run, sent: world.steps.filter((step) => step.kind === "send") };
}

/** A run whose slot is still to come, and what makes a poisoned message of its message. */
async function dispatched() {
  const world = createWorld();
  const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
  await world.advanceTo(minute(4));
  const handlePoisoned = createHandlePoisonedMessage(world.ports);
  const message = { v: 1, scheduleId: schedule.id, key: plannedRunKey(minute(5)) };
  return { world, schedule, handle: () => handlePoisoned(message) };
}
