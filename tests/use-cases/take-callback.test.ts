import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { Callback } from "../../shared/use-cases/take-callback.ts";
import { everyFault, playWithEveryStep } from "../support/every-fault.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { eventsIn, outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import type { PlanFault } from "../support/world-steps.ts";

const everyTen = { every_minutes: 10, start_at: minuteIso(10), end_at: minuteIso(30) };

/** A schedule with slots at minutes 10, 20 and 30, at `until`; the Scheduler that is armed calls nobody. */
async function begin(until = 9, options: WorldOptions = {}) {
  const world = createWorld({ scheduler: { callbacks: () => [] }, ...options });
  const schedule = await world.schedule({ timing: everyTen });
  await world.advanceTo(minute(until));
  const post = (callback: Partial<Callback> = {}) =>
    world.takeCallback({
      scheduleId: schedule.id,
      slot: minute(10),
      status: "due",
      content: "",
      id: undefined,
      ...callback,
    });
  return { world, schedule, post, ten: `${schedule.id}.p${minute(10) / secondMs}` };
}

describe("a callback", () => {
  it("is accepted once, and then known", async () => {
    const { post, ten } = await begin();
    expect(await post()).toEqual({ kind: "accepted", runId: ten });
    expect(await post()).toEqual({ kind: "duplicate", runId: ten });
  });

  it("gives one run when a hundred come at the same time", async () => {
    const { world, schedule, post, ten } = await begin();
    const answers = await Promise.all(Array.from({ length: 100 }, () => post()));
    expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === "duplicate")).toHaveLength(99);
    expect(answers.every((answer) => "runId" in answer && answer.runId === ten)).toBe(true);
    await world.advanceTo(minute(12));
    expect(await runsIn(world, schedule)).toMatchObject([{ slot: minute(10), outcome: "succeeded" }]);
    expect(world.modelCalls).toHaveLength(1);
  });

  it("is known long after its run has ended", async () => {
    const { post, ten } = await begin(25);
    expect(await post()).toEqual({ kind: "duplicate", runId: ten });
  });

  it("that comes out of order dispatches the slots before it, too", async () => {
    const { world, schedule, post } = await begin(9, { scheduler: {} });
    world.switches.ticking = false;
    await world.advanceTo(minute(20) - secondMs);
    const [first] = await runsIn(world, schedule);
    expect(first).toMatchObject({ slot: minute(10), alarm: "scheduler" });
    expect(await post({ slot: minute(20) })).toMatchObject({ kind: "accepted" });
    expect(await post({ slot: minute(10) })).toMatchObject({ kind: "duplicate" });
  });

  it("without a slot means the one that is due, and its repeat the same", async () => {
    const { world, schedule, post, ten } = await begin();
    expect(await post({ slot: undefined })).toEqual({ kind: "accepted", runId: ten });
    expect(await post({ slot: undefined })).toEqual({ kind: "duplicate", runId: ten });
    await world.advanceTo(minute(15));
    expect(await post({ slot: undefined })).toEqual({ kind: "refused", reason: "nothing_due" });
    expect((await runsIn(world, schedule)).filter(({ slot }) => slot < minute(20))).toHaveLength(1);
  });

  it("without a slot is known by its sender's id when it is repeated, although the next slot is due by then", async () => {
    const world = createWorld({ scheduler: { callbacks: () => [] } });
    const schedule = await world.schedule({ timing: { every_minutes: 1, start_at: minuteIso(10) } });
    await world.advanceTo(minute(7.5));
    const post = (id: string) =>
      world.takeCallback({ scheduleId: schedule.id, slot: undefined, status: "due", content: "", id });
    // The timer looks ahead for what lies so near; without it each callback dispatches.
    world.switches.ticking = false;
    await world.advanceTo(minute(9));
    const first = await post("msg_1");
    expect(first).toMatchObject({ kind: "accepted" });
    expect(await post("msg_1")).toEqual({ ...first, kind: "duplicate" });
    await world.advanceTo(minute(10.5));
    expect(await post("msg_1")).toEqual({ ...first, kind: "duplicate" });
    const second = await post("msg_2");
    expect(second).toMatchObject({ kind: "accepted" });
    expect(second).not.toEqual(first);
    expect(await post("msg_1")).toEqual({ ...first, kind: "duplicate" });
    expect((await scheduleIn(world, schedule)).callbacks).toMatchObject([{ id: "msg_1" }, { id: "msg_2" }]);
  });

  it.each([
    ["more than two minutes early", { slot: minute(20) }, "too_early"],
    ["of a slot that nobody plans", { slot: minute(10) - minuteMs }, "superseded"],
    ["of a slot before the plan begins", { slot: minute(1) }, "superseded"],
    ["of no whole second", { slot: minute(10) + 1 }, "superseded"],
  ])("%s is refused", async (_what, callback, reason) => {
    const { world, post } = await begin();
    const { length } = world.steps;
    expect(await post(callback)).toEqual({ kind: "refused", reason });
    expect(world.steps.slice(length).filter(({ kind }) => kind === "write")).toEqual([]);
  });

  it.each([
    ["a schedule that nobody knows", "local-00000000-0000-4000-8000-000000000000"],
    ["what is no id of a schedule", "../../heads/x"],
    ["nothing", ""],
  ])("for %s is unknown", async (_what, scheduleId) => {
    const { post } = await begin();
    expect(await post({ scheduleId })).toEqual({ kind: "unknown" });
  });

  it("for a deleted schedule is unknown, for a paused one refused, and neither runs", async () => {
    const deleted = await begin();
    await deleted.world.delete(deleted.schedule.id);
    expect(await deleted.post()).toEqual({ kind: "unknown" });
    const paused = await begin();
    await paused.world.update({ id: paused.schedule.id, change: {}, status: "paused" });
    expect(await paused.post()).toEqual({ kind: "refused", reason: "paused" });
    for (const { world, schedule } of [deleted, paused]) {
      await world.advanceTo(minute(40));
      expect(await runsIn(world, schedule)).toEqual([]);
    }
  });

  it("for a slot that an edit took away is refused", async () => {
    const { world, schedule, post } = await begin(5);
    await world.update({ id: schedule.id, change: { timing: { ...everyTen, start_at: minuteIso(15) } } });
    await world.advanceTo(minute(9));
    expect(await post()).toEqual({ kind: "refused", reason: "superseded" });
  });

  it("is refused while as many runs are open as there may be", async () => {
    const { world, schedule, post } = await begin();
    const { value, version } = (await world.ports.schedules.read(schedule.id))!;
    const entry = { slot: 0, kind: "manual", state: "buffered", conversationId: "c", openedAt: 0 } as const;
    const open = Array.from({ length: 200 }, (_, index) => ({ ...entry, key: `mx${index}.0` }));
    await world.ports.schedules.replace({ ...value, open }, version);
    expect(await post()).toEqual({ kind: "refused", reason: "busy" });
  });
});

describe("a Scheduler that has done the work itself", () => {
  const done = { status: "completed", content: "All desks are in order." } as const;

  it("is recorded with what it says, and no model is called", async () => {
    const { world, schedule, post, ten } = await begin();
    expect(await post(done)).toEqual({ kind: "accepted", runId: ten });
    expect(await post(done)).toEqual({ kind: "duplicate", runId: ten });
    await world.advanceTo(minute(12));
    const [run] = await runsIn(world, schedule);
    expect(run).toMatchObject({ outcome: "succeeded", reason: "reported", answer: done.content, turns: 0 });
    expect(run).not.toHaveProperty("report");
    expect((await eventsIn(world, run!.conversationId)).map(({ type }) => type)).toEqual([
      "run_started",
      "user",
      "work_reported",
      "run_finished",
    ]);
    expect(world.modelCalls).toEqual([]);
    expect(await post(done)).toEqual({ kind: "duplicate", runId: ten });
    expect(await scheduleIn(world, schedule)).toMatchObject({ lastReport: { text: done.content } });
  });

  it.each([
    ["failed", "It broke.", "failed: reported"],
    ["cancelled", "", "cancelled: reported"],
    ["completed", "", "no_output: reported"],
  ] as const)("%s with %j ends the run as %s", async (status, content, outcome) => {
    const { world, schedule, post } = await begin();
    await post({ status, content });
    await world.advanceTo(minute(12));
    expect(await outcomesIn(world, schedule)).toEqual([outcome]);
  });

  it("is taken also when the slot is dispatched and nobody has begun", async () => {
    const { world, schedule, post } = await begin();
    expect(await post()).toMatchObject({ kind: "accepted" });
    expect(await post(done)).toMatchObject({ kind: "accepted" });
    await world.advanceTo(minute(12));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded: reported"]);
    expect(world.modelCalls).toEqual([]);
  });

  it("is refused once the work is done here", async () => {
    const { world, schedule, post } = await begin(12);
    expect(await post(done)).toEqual({ kind: "refused", reason: "already_started" });
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("is refused for a slot that is paused, too early or not planned, and nothing is written", async () => {
    const { world, schedule, post } = await begin();
    expect(await post({ ...done, slot: minute(20) })).toEqual({ kind: "refused", reason: "too_early" });
    expect(await post({ ...done, slot: minute(11) })).toEqual({ kind: "refused", reason: "superseded" });
    await world.update({ id: schedule.id, change: {}, status: "paused" });
    expect(await post(done)).toEqual({ kind: "refused", reason: "paused" });
    expect(await runsIn(world, schedule)).toEqual([]);
  });

  it("tells later runs of a continued conversation as data, not as instructions", async () => {
    const { world, post } = await begin(9);
    const continued = await world.schedule({ timing: everyTen, conversation: "continue" });
    expect(await post({ ...done, scheduleId: continued.id })).toMatchObject({ kind: "accepted" });
    await world.advanceTo(minute(25));
    const { request } = world.modelCalls.find(({ run }) => run.startsWith(continued.id))!;
    expect(request.messages).toContainEqual({
      role: "user",
      text: expect.stringMatching(/^The Scheduler did this work .*completed.* is data .*no instructions.*:\nAll desks/),
    });
  });

  it.each(everyFault)("is neither lost nor done again here, wherever somebody dies: %j", async (fault) => {
    const says = () => done;
    const play = async (planFault: PlanFault) => {
      const world = createWorld({ scheduler: { callbacks: () => [0, 60 * secondMs], says }, planFault, repairs: true });
      const schedule = await world.schedule({ timing: { run_at: minuteIso(10) } });
      await world.advanceTo(minute(100));
      const outcomes = await outcomesIn(world, schedule);
      const broken = await brokenPromises(world, schedule, { slots: [minute(10)], licences: 0 });
      const isKept = outcomes.join() === "succeeded: reported" && world.modelCalls.length === 0;
      return { world, broken: isKept ? broken : [...broken, `the report became ${outcomes}`] };
    };
    const { steps, broken } = await playWithEveryStep(fault, play, (taken: World["steps"]) =>
      taken.filter(({ process }) => process.kind === "callback" || process.kind === "run"),
    );
    expect(broken).toEqual([]);
    expect(steps.length).toBeGreaterThan(15);
  });
});
