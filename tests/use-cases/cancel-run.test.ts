import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { type Cancelled, createCancelRun } from "../../shared/use-cases/cancel-run.ts";
import { createTriggerSchedule } from "../../shared/use-cases/trigger-schedule.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { createDice } from "../support/world-dice.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { eventsIn, outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce, type Step } from "../support/world-steps.ts";

const planned = (at: number) => `p${minute(at) / secondMs}`;

const cancel = (world: World, { id }: Pick<Schedule, "id">, key: string, note?: string): Promise<Cancelled> =>
  createCancelRun(world.ports)(localPrincipal, runId({ scheduleId: id, key }), note);

const toRow = (of: { model: string; promptTokens: number; completionTokens: number }) => ({
  model: of.model,
  prompt_tokens: of.promptTokens,
  completion_tokens: of.completionTokens,
});

const once = { timing: { run_at: minuteIso(5) } };
const slots = [minute(5)];

describe("cancelling a run", () => {
  it("that waits for its moment: it never begins, and the note is kept", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    await world.advanceTo(minute(4));
    expect(await cancel(world, schedule, planned(5), "Not today.")).toMatchObject({
      kind: "cancelled",
      run: { outcome: "cancelled", reason: "cancelled_by_caller", note: "Not today.", endedAt: minute(4) },
    });
    await world.advanceTo(minute(20));
    expect((await runsIn(world, schedule))[0]).toMatchObject({ note: "Not today.", epoch: 0 });
    expect(world.modelCalls).toEqual([]);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("that waits behind another: that one goes on, and the next may wait in its place", async () => {
    const world = createWorld({ workers: 4, model: () => ({ text: "Done.", takesMs: 3.9 * minuteMs }) });
    const schedule = await world.schedule({
      timing: { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(7) },
      policies: { overlap: "buffer_one" },
    });
    world.at(minute(6.5), () => cancel(world, schedule, planned(6)));
    await world.advanceTo(minute(6.4));
    expect((await scheduleIn(world, schedule)).open).toMatchObject([{ state: "active" }, { state: "buffered" }, {}]);
    await world.advanceTo(minute(40));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "cancelled: cancelled_by_caller", "succeeded"]);
    expect(await brokenPromises(world, schedule, { slots: [5, 6, 7].map(minute), licences: 0 })).toEqual([]);
  });

  it("that has spent something already: its tokens are counted, as far as its log tells", async () => {
    const world = createWorld({
      model: ({ turn }) => (turn === 0 ? { tools: ["look_up"] } : { hangs: "until_aborted" }),
    });
    const schedule = await world.schedule(once);
    world.at(minute(6), () => cancel(world, schedule, planned(5)));
    await world.advanceTo(minute(20));
    const spent = { promptTokens: 10, completionTokens: 5 };
    const usage = [{ model: "scripted", ...spent }];
    expect(await runsIn(world, schedule)).toMatchObject([
      { outcome: "cancelled", turns: 1, toolCalls: 1, usage, ...spent },
    ]);
    expect((await scheduleIn(world, schedule)).usage).toEqual({ month: "2026-12", runs: 1, models: usage, ...spent });
    const query = { from: minute(0), until: minute(60), limit: 9 };
    expect((await world.ports.runs.listEnds(schedule.owner, query)).items).toMatchObject([{ usage }]);
    const told = world.recorded.filter(({ name }) => name === "run.finished");
    expect(told).toMatchObject([
      { fields: { outcome: "cancelled", prompt_tokens: 10, usage: JSON.stringify(usage.map(toRow)) } },
    ]);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("that was opened but never got its record", async () => {
    const isRecord = ({ process, name }: Step) => process.kind === "user" && name.startsWith("runs/");
    const world = createWorld({ planFault: faultOnce(isRecord, { kind: "crash_before" }) });
    const schedule = await world.schedule(once);
    const trigger = createTriggerSchedule(world.ports);
    world.at(minute(1.5), () => trigger(localPrincipal, { scheduleId: schedule.id, idempotencyKey: "k" }));
    await world.advanceTo(minute(2));
    const [entry] = (await scheduleIn(world, schedule)).open;
    expect(await runsIn(world, schedule)).toEqual([]);
    expect(await cancel(world, schedule, entry!.key)).toMatchObject({ kind: "cancelled", run: { kind: "manual" } });
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: cancelled_by_caller", "succeeded"]);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("that is going on: its call is aborted at the next renewal, and it writes nothing more", async () => {
    const { world, schedule, cancelledAt } = await cancelHanging("new");
    const [run] = await runsIn(world, schedule);
    expect(run).toMatchObject({ outcome: "cancelled", endedAt: minute(5.5), note: "Stuck." });
    const worker = world.processes.find(({ message }) => message?.key === planned(5));
    const after = world.steps.filter(({ process, number }) => process === worker && number >= cancelledAt);
    expect(after.map(({ kind }) => kind)).toEqual(["renewLease", "read", "releaseLease", "read", "read"]);
    expect(worker?.state).toBe("ended");
    const events = await eventsIn(world, run!.conversationId);
    expect(events.map(({ type }) => type)).toEqual(["run_started", "system", "user", "assistant", "tool_result"]);
  });

  it("of a continued conversation: the next run closes the log and goes on", async () => {
    const { world, schedule } = await cancelHanging("continue");
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: cancelled_by_caller", "succeeded"]);
    const events = await eventsIn(world, (await runsIn(world, schedule))[0]!.conversationId);
    const at = events.findIndex(({ type }) => type === "closed");
    expect(events[at]).toMatchObject({ run: runId({ scheduleId: schedule.id, key: planned(5) }) });
    expect(events[at + 1]).toMatchObject({ type: "run_started", run: expect.stringContaining(planned(15)) });
  });

  it("whose calls are short: it begins none later than twenty seconds and a call", async () => {
    const model: WorldOptions["model"] = () => ({ tools: ["look_up"], takesMs: 10 * secondMs });
    const world = createWorld({ model });
    const schedule = await world.schedule(once);
    world.at(minute(5) + 35 * secondMs, () => cancel(world, schedule, planned(5)));
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: cancelled_by_caller"]);
    // They begin every ten seconds.
    expect(world.modelCalls.length).toBeLessThanOrEqual(6);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("that has ended says how, and changes nothing", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    await world.advanceTo(minute(10));
    world.at(minute(10.5), () => cancel(world, schedule, planned(5)));
    const before = world.steps.length;
    await world.advanceTo(minute(10.9));
    expect(world.steps.slice(before).map(({ kind }) => kind)).toEqual(["read", "read"]);
    const { kind, run } = await cancel(world, schedule, planned(5), "Too late.");
    expect([kind, run.outcome, run.note]).toEqual(["ended_before", "succeeded", undefined]);
    expect(await runsIn(world, schedule)).toEqual([run]);
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
  });

  it("twice keeps the first note", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    await world.advanceTo(minute(4));
    await cancel(world, schedule, planned(5), "First.");
    expect(await cancel(world, schedule, planned(5), "Second.")).toMatchObject({
      kind: "ended_before",
      run: { note: "First." },
    });
  });

  it("that nobody knows, or that is somebody else's, is not found", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    await world.advanceTo(minute(4));
    const notFound = { details: { reason: "not_found" } };
    await expect(cancel(world, schedule, planned(6))).rejects.toMatchObject(notFound);
    await expect(cancel(world, schedule, "nonsense")).rejects.toMatchObject(notFound);
    const id = runId({ scheduleId: schedule.id, key: planned(5) });
    const stranger = createCancelRun(world.ports)({ owner: "stranger", name: "" }, id);
    await expect(stranger).rejects.toMatchObject(notFound);
    expect((await runsIn(world, schedule))[0]?.state).toBe("queued");
  });

  it("at the moment of its commit: one of the two wins, and everything that follows is done", async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = createWorld({
        workers: 2,
        pick: createDice(seed).below,
        model: () => ({ text: "Done.", takesMs: minuteMs / 6 }),
      });
      const schedule = await world.schedule(once);
      const answers: Cancelled[] = [];
      world.at(minute(5) + minuteMs / 6, async () => answers.push(await cancel(world, schedule, planned(5))));
      await world.advanceTo(minute(30));
      const [run] = await runsIn(world, schedule);
      expect(answers[0]?.kind).toBe(run?.outcome === "cancelled" ? "cancelled" : "ended_before");
      expect(answers[0]?.run.outcome).toBe(run?.outcome);
      seen.add(run?.outcome ?? "");
      expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
    }
    expect([...seen].sort()).toEqual(["cancelled", "succeeded"]);
  });
});

/** The first run calls a tool, then hangs until it is aborted; it is cancelled at 5:30. The second one answers. */
async function cancelHanging(conversation: "new" | "continue") {
  const model: WorldOptions["model"] = ({ key, turn }) => {
    if (key !== planned(5)) return { text: "Done." };
    return turn === 0 ? { tools: ["look_up"] } : { hangs: "until_aborted" };
  };
  const world = createWorld({ workers: 2, model });
  const timing = { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(15) };
  const schedule = await world.schedule({ timing, conversation });
  let cancelledAt = 0;
  world.at(minute(5.5), async () => {
    await cancel(world, schedule, planned(5), "Stuck.");
    cancelledAt = world.steps.length;
  });
  await world.advanceTo(minute(6));
  await world.advanceTo(minute(40));
  expect(await brokenPromises(world, schedule, { slots: [5, 15].map(minute), licences: 0 })).toEqual([]);
  return { world, schedule, cancelledAt };
}
