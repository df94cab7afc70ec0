import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import type { Triggered } from "../../shared/use-cases/trigger-schedule.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, scheduleIn } from "../support/world-state.ts";
import { type Asked, everyTen, startsOf, trigger } from "./triggers.ts";

const once = { timing: { run_at: minuteIso(5) } };

describe("a run by hand", () => {
  it("starts at once, beside the planned ones, and uses up none of max_runs", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ ...everyTen, policies: { maxRuns: 2 } });
    await world.advanceTo(minute(8));
    const { kind, runs } = await trigger(world, schedule);
    expect([kind, runs.length, runs[0]?.kind, runs[0]?.slot]).toEqual(["opened", 1, "manual", minute(8)]);
    await world.advanceTo(minute(40));
    expect(await startsOf(world, schedule, "manual")).toEqual([minute(8)]);
    expect(await startsOf(world, schedule, "planned")).toEqual([minute(5), minute(15)]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ counted: 2, finished: 3, status: "completed" });
    expect(await brokenPromises(world, schedule, { slots: [5, 15].map(minute), licences: 0 })).toEqual([]);
  });

  it("is told that it was started by hand, and when", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(60) } });
    await world.advanceTo(minute(8));
    await trigger(world, schedule);
    await world.advanceTo(minute(20));
    const opening = "started by hand at Tuesday 2026-12-01 07:08";
    expect(world.modelCalls[0]?.request.messages[0]).toMatchObject({ text: expect.stringContaining(opening) });
  });

  it("costs two calls, and two for the run", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(60) } });
    world.at(minute(1.5), () => trigger(world, schedule));
    await world.advanceTo(minute(1.5));
    const calls = world.steps.filter(({ process }) => process.kind === "user");
    expect(calls.map(({ kind, name }) => `${kind} ${name.split("/")[0]?.slice(0, 9)}`)).toEqual([
      "read schedules",
      "write schedules",
      "write runs",
      'send {"v":1,"s',
    ]);
  });

  it.each<[Policies["overlap"], string[]]>([
    ["skip", ["succeeded", "skipped_overlap: overlap"]],
    ["buffer_one", ["succeeded", "succeeded"]],
    ["cancel_other", ["cancelled: overlap", "succeeded"]],
    ["allow_all", ["succeeded", "succeeded"]],
  ])("meets a run that is going on under overlap %s like a planned one", async (overlap, outcomes) => {
    const world = createWorld({ workers: 4, model: () => ({ text: "Done.", takesMs: 3 * minuteMs }) });
    const schedule = await world.schedule({ ...once, policies: { overlap } });
    world.at(minute(6), () => trigger(world, schedule));
    await world.advanceTo(minute(40));
    expect(await outcomesIn(world, schedule)).toEqual(outcomes);
    const expected = { skip: undefined, buffer_one: minute(8), cancel_other: minute(6), allow_all: minute(6) };
    expect(await startsOf(world, schedule, "manual")).toEqual([expected[overlap]]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("ignores that the schedule is paused, and leaves it so", async () => {
    const model: WorldOptions["model"] = ({ key }) =>
      key.startsWith("m") ? { text: "Done." } : { fails: { class: "invalid" } };
    const world = createWorld({ model });
    const schedule = await world.schedule({ ...everyTen, policies: { pauseAfterFailures: 1 } });
    await world.advanceTo(minute(8));
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "paused", next: null });
    await trigger(world, schedule);
    await world.advanceTo(minute(40));
    expect(await outcomesIn(world, schedule)).toEqual(["failed: model_refused_request", "succeeded"]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "paused", failures: 0, open: [] });
  });

  it("makes a completed schedule active until it is over", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    await world.advanceTo(minute(10));
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed" });
    expect((await trigger(world, schedule)).schedule.id).toBe(schedule.id);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "active" });
    await world.advanceTo(minute(20));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "succeeded"]);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("is not offered on a schedule that is deleted or somebody else's", async () => {
    const world = createWorld();
    const schedule = await world.schedule(once);
    const stranger = world.trigger({ scheduleId: schedule.id }, { owner: "stranger", name: "" });
    await expect(stranger).rejects.toMatchObject({ details: { reason: "not_found" } });
    await world.delete(schedule.id);
    await expect(trigger(world, schedule)).rejects.toMatchObject({ details: { reason: "not_found" } });
  });
});

describe("an idempotency key", () => {
  it.each([0, 1, 2, 3, 5, 7])("opens one run for two calls at the same moment, in any order (%i)", async (chosen) => {
    const world = createWorld({ workers: 2, pick: (count) => chosen % count });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(9) } });
    const answers: Triggered[] = [];
    for (const _ of [1, 2]) {
      world.at(minute(2), async () => answers.push(await trigger(world, schedule, { idempotencyKey: "k" })));
    }
    await world.advanceTo(minute(40));
    expect(answers.map(({ kind }) => kind).sort()).toEqual(["existing", "opened"]);
    expect(new Set(answers.flatMap(({ runs }) => runs.map(({ key }) => key))).size).toBe(1);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "succeeded"]);
    expect(await brokenPromises(world, schedule, { slots: [minute(9)], licences: 0 })).toEqual([]);
  });

  it("gives the same run minutes later, also when it is over, and writes nothing", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(60) } });
    const first = await trigger(world, schedule, { idempotencyKey: "k" });
    await world.advanceTo(minute(5));
    const before = await world.ports.schedules.read(schedule.id);
    const second = await trigger(world, schedule, { idempotencyKey: "k" });
    expect(second).toMatchObject({ kind: "existing", runs: [{ key: first.runs[0]?.key, outcome: "succeeded" }] });
    expect(await world.ports.schedules.read(schedule.id)).toEqual(before);
    expect((await trigger(world, schedule, { idempotencyKey: "other" })).runs[0]?.key).not.toBe(first.runs[0]?.key);
  });

  it("without one, every call is a new run", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(60) } });
    const keys = [await trigger(world, schedule), await trigger(world, schedule)].map(({ runs }) => runs[0]?.key);
    expect(new Set(keys).size).toBe(2);
  });

  it("used for something else is a conflict, and opens nothing", async () => {
    const world = createWorld();
    const schedule = await world.schedule(everyTen);
    await world.advanceTo(minute(38));
    const range = { backfillFrom: minuteIso(5), backfillTo: minuteIso(20) };
    await trigger(world, schedule, { idempotencyKey: "manual" });
    await trigger(world, schedule, { ...range, idempotencyKey: "range" });
    const before = await scheduleIn(world, schedule);
    const conflicts: Asked[] = [
      { ...range, idempotencyKey: "manual" },
      { idempotencyKey: "range" },
      { ...range, backfillTo: minuteIso(30), idempotencyKey: "range" },
      { ...range, backfillFrom: minuteIso(6), idempotencyKey: "range" },
    ];
    for (const asked of conflicts) {
      await expect(trigger(world, schedule, asked)).rejects.toMatchObject({
        code: "VALIDATION_ERROR",
        message: expect.stringContaining("Use a new key"),
        details: { field: "idempotency_key", reason: "conflict" },
      });
    }
    expect(await scheduleIn(world, schedule)).toEqual(before);
  });

  it("is remembered for the last hundred triggers of the schedule", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(600) } });
    for (let number = 0; number <= 101; number++) {
      await trigger(world, schedule, { idempotencyKey: `k${number}` });
    }
    const { triggers = [] } = await scheduleIn(world, schedule);
    expect(triggers).toHaveLength(100);
    expect((await trigger(world, schedule, { idempotencyKey: "k2" })).kind).toBe("existing");
    expect((await scheduleIn(world, schedule)).open).toHaveLength(102);
  });
});
