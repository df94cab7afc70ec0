import { describe, expect, it } from "vitest";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
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
  it("ends failed (poison) all the same, and its messages do not multiply", async () => {
    const { world, schedule, run } = await playOneSlot({
      planFault: ({ kind }) => (kind === "append" ? { kind: "error_before" } : undefined),
      until: 120,
    });
    expect(run).toMatchObject({ outcome: "failed", reason: "poison", crashes: 10 });
    expect(await brokenPromises(world, schedule, { slots, licences: 10 })).toEqual([]);
  });

  it("does so too when the log is damaged and cannot be read", async () => {
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
    expect(record).toMatchObject({ outcome: "failed", reason: "poison" });
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
});
