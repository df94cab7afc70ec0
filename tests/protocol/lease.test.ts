import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { playOneSlot, readOneRun } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { eventsIn } from "../support/world-state.ts";
import { faultOnce, type Step } from "../support/world-steps.ts";

const ofKind = (kind: Step["kind"]) => (step: Step) => step.process.kind === "run" && step.kind === kind;
const slots = [minute(5)];

describe("the conversation's lease", () => {
  it("is renewed while a model call lasts, so that nobody else takes the run", async () => {
    const { world, schedule, run } = await playOneSlot({
      workers: 3,
      model: () => ({ text: "Slow.", takesMs: 200_000 }),
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 1, crashes: 0, endedAt: minute(5) + 200_000 });
    expect(world.modelCalls).toHaveLength(1);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("held by somebody else leaves the run to the message one and a half leases later, and costs it nothing", async () => {
    const { world, schedule, run } = await withForeignLease();
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 1, crashes: 0, startedAt: minute(6.5) });
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("lost in the middle stops the worker before it writes, and the new owner goes on", async () => {
    const { world, schedule, run, events } = await playOneSlot({
      workers: 2,
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { text: "Done.", takesMs: 30_000 }),
      planFault: faultOnce(ofKind("tool"), { kind: "freeze_after", milliseconds: 3 * minuteMs }),
      until: 40,
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 1 });
    expect(world.toolCalls).toHaveLength(2);
    expect(events.filter(({ type }) => type === "tool_result")).toHaveLength(1);
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });

  it("lost unnoticed just before an append does no harm: the position has moved on", async () => {
    const { world, schedule, run } = await playOneSlot({
      workers: 2,
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { text: "Done." }),
      planFault: faultOnce(ofKind("append"), { kind: "freeze_before", milliseconds: 3 * minuteMs }, 2),
      until: 40,
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2 });
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });

  it("keeps a worker that slept through its run's end from ending it again", async () => {
    const { world, schedule, run } = await playOneSlot({
      workers: 2,
      planFault: faultOnce((step) => ofKind("write")(step) && step.name.startsWith("runs/"), freezeFor(20), 2),
      until: 60,
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2 });
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });

  it("lost to a newer pick-up takes the record with it: a failure that was not noted in time is not noted", async () => {
    const { world, schedule, run } = await playOneSlot({
      workers: 2,
      model: ({ repeat }) => (repeat === 0 ? { fails: { class: "transient" } } : { text: "Done.", takesMs: 200_000 }),
      planFault: faultOnce((step) => ofKind("write")(step) && step.name.startsWith("runs/"), freezeFor(2.5), 2),
      until: 60,
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, failures: 0, endedAt: minute(6.5) + 200_000 });
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });

  it("is free again one and a half leases after a worker died, and the run goes on then", async () => {
    const { world, schedule, run } = await playOneSlot({
      planFault: faultOnce(ofKind("model"), { kind: "crash_after" }),
      until: 40,
    });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 1, endedAt: minute(5) + 90 * secondMs });
    expect(await brokenPromises(world, schedule, { slots, licences: 1 })).toEqual([]);
  });
});

describe("a slice", () => {
  const longRun: WorldOptions = {
    workers: 2,
    // What has come last happens first: a message is delivered before its sender takes another step.
    pick: (count) => count - 1,
    model: ({ turn }) => (turn < 5 ? { tools: ["look_up"], takesMs: 100_000 } : { text: "Done.", takesMs: 100_000 }),
    settings: { sliceMs: 4 * minuteMs },
  };

  it("ends at its limit; another worker goes on at once, at the first step that is missing", async () => {
    const { world, schedule, run } = await playOneSlot({ ...longRun, request: { policies: { timeoutSeconds: 900 } } });
    expect(run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 0, endedAt: minute(5) + 600_000 });
    expect(world.modelCalls).toHaveLength(6);
    expect(world.toolCalls).toHaveLength(5);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("does not give the run more time than its timeout", async () => {
    const { run } = await playOneSlot({ ...longRun, request: { policies: { timeoutSeconds: 500 } } });
    expect(run).toMatchObject({ outcome: "timed_out", endedAt: minute(5) + 500_000 });
  });

  it("ends at the next safe point when the process is told to stop", async () => {
    const world = createWorld({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"], takesMs: 5_000 } : { text: "Done." }),
    });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(5) + 1_000);
    world.switches.stopping = true;
    world.switches.delivering = false;
    await world.advanceTo(minute(6));
    const { run } = await readOneRun(world, schedule);
    expect(run).toMatchObject({ state: "queued", epoch: 1 });
    expect((await eventsIn(world, run.conversationId)).at(-1)).toMatchObject({ type: "assistant" });
    world.switches.stopping = false;
    world.switches.delivering = true;
    await world.advanceTo(minute(20));
    expect((await readOneRun(world, schedule)).run).toMatchObject({ outcome: "succeeded", epoch: 2, crashes: 0 });
    expect(world.modelCalls).toHaveLength(2);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });
});

const freezeFor = (minutes: number) => ({ kind: "freeze_before", milliseconds: minutes * minuteMs }) as const;

/** Somebody else holds the lease of the conversation when the run comes, until shortly after. */
async function withForeignLease() {
  const world = createWorld();
  const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
  await world.advanceTo(minute(4));
  const { run } = await readOneRun(world, schedule);
  const { conversationId: id, owner } = run;
  const head = { v: 1, id, owner, title: "", createdAt: minute(4), segment: 0 } as const;
  await world.ports.log.createHead(head);
  await world.ports.log.acquire(id, "somebody-else");
  world.at(minute(4) + 59_000, () => world.ports.log.renew(id, "somebody-else"));
  world.at(minute(5) + 30_000, () => world.ports.log.release(id, "somebody-else"));
  await world.advanceTo(minute(20));
  return { world, schedule, ...(await readOneRun(world, schedule)) };
}
