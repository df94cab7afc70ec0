import { describe, expect, it } from "vitest";
import { runId } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { approvalIn, askingRequest, calledIn, playAsking } from "../support/world-asking.ts";
import { readOneRun } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

const broken = (world: World, schedule: Schedule) =>
  brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 });

describe("a run that wants to change something", () => {
  it("waits: it holds neither worker nor conversation, calls nothing, and says what it waits for", async () => {
    const { world, schedule } = await playAsking({ tools: ["look_up", "send"] });
    const { run, events } = await readOneRun(world, schedule);
    expect(run).toMatchObject({ state: "waiting_approval", waiting: { expiresAt: minute(5) + 24 * 3_600_000 } });
    expect(run).not.toHaveProperty("attemptStartedAt");
    const spent = { promptTokens: 10, completionTokens: 5 };
    expect(run).toMatchObject({ turns: 1, toolCalls: 0, ...spent, usage: [{ model: "scripted", ...spent }] });
    expect(events.at(-1)).toMatchObject({
      type: "approval_requested",
      calls: [{ name: "send", arguments: "{}" }],
      expiresAt: minute(5) + 24 * 3_600_000,
    });
    expect(calledIn(world)).toEqual([]);
    expect(await world.ports.log.isHeld(run.conversationId)).toBe(false);
    expect((await scheduleIn(world, schedule)).open).toMatchObject([{ key: run.key, state: "active" }]);
    expect(await world.approvals()).toMatchObject([
      { scheduleId: schedule.id, key: run.key, scheduleName: "Morning report", calls: [{ name: "send" }] },
    ]);
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "run.waiting" }));
  });

  it("goes on when it is approved: what was asked for is called then and not before, once", async () => {
    const { world, schedule } = await playAsking({ tools: ["look_up", "send"] });
    const { kind } = await world.decide({ id: await approvalIn(world), approve: true });
    expect(kind).toBe("decided");
    await world.advanceTo(minute(12));
    const { run, events } = await readOneRun(world, schedule);
    expect(run).toMatchObject({ outcome: "succeeded", toolCalls: 2, crashes: 0, epoch: 2 });
    expect(calledIn(world)).toEqual(["look_up", "send"]);
    const types = events.map(({ type }) => type);
    expect(types.slice(types.indexOf("approval_requested"))).toEqual([
      "approval_requested",
      "run_started",
      "approval_decided",
      "tool_result",
      "tool_result",
      "assistant",
      "run_finished",
    ]);
    await world.advanceTo(minute(26 * 60));
    expect(await broken(world, schedule)).toEqual([]);
    expect(await world.approvals()).toEqual([]);
  });

  it.each(["approved", "denied", "cancelled"])(
    "costs what its model calls cost, counted once, when it is %s",
    async (end) => {
      const { world, schedule } = await playAsking();
      const [waiting] = await runsIn(world, schedule);
      if (end === "cancelled") await world.cancel(runId(waiting!));
      else await world.decide({ id: await approvalIn(world), approve: end === "approved" });
      await world.advanceTo(minute(12));
      const turns = world.modelCalls.length;
      const spent = { promptTokens: turns * 10, completionTokens: turns * 5 };
      expect(await runsIn(world, schedule)).toMatchObject([{ turns, ...spent, usage: [spent] }]);
      expect((await scheduleIn(world, schedule)).usage).toMatchObject({ runs: 1, ...spent, models: [spent] });
    },
  );

  it.each([
    ["first what the deciding process does", () => 0],
    ["first what others do", (count: number) => Math.max(0, count - 1)],
  ])("is taken up at once when it is decided right after it was asked for: %s", async (_order, pick) => {
    const world = createWorld({ model: ({ turn }) => (turn === 0 ? { tools: ["send"] } : { text: "Done." }), pick });
    const schedule = await world.schedule(askingRequest());
    world.at(minute(5) + 2_000, async () => world.decide({ id: await approvalIn(world), approve: true }));
    await world.advanceTo(minute(5) + 3_000);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("goes on without the call when it is denied, and the model reads why", async () => {
    const { world, schedule } = await playAsking({ tools: ["look_up", "send"] });
    await world.decide({ id: await approvalIn(world), approve: false, note: "Not before Monday." });
    await world.advanceTo(minute(12));
    const { run, events } = await readOneRun(world, schedule);
    expect(run).toMatchObject({ outcome: "succeeded", toolCalls: 1, decision: { approve: false, by: "owner" } });
    expect(calledIn(world)).toEqual(["look_up"]);
    expect(events.filter(({ type }) => type === "tool_result")).toMatchObject([
      { isError: false },
      { isError: true, content: expect.stringContaining("Not before Monday.") },
    ]);
    expect(world.modelCalls[1]?.request.messages.at(-1)).toMatchObject({
      text: expect.stringContaining("Not before Monday."),
    });
  });

  it("takes silence for a no when the request expires", async () => {
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), {
      settings: { approvalMs: 3_600_000 },
    });
    await world.advanceTo(minute(64.9));
    expect(await outcomesIn(world, schedule)).toEqual(["waiting_approval"]);
    await world.advanceTo(minute(68));
    const { run, events } = await readOneRun(world, schedule);
    expect(run).toMatchObject({ outcome: "succeeded", decision: { approve: false, by: "expiry", at: minute(65) } });
    expect(run.toolCalls).toBe(0);
    expect(calledIn(world)).toEqual([]);
    expect(events.find(({ type }) => type === "tool_result")).toMatchObject({ isError: true });
    expect(await broken(world, schedule)).toEqual([]);
    expect(world.recorded).toContainEqual(
      expect.objectContaining({ name: "approval.decided", fields: expect.objectContaining({ by: "expiry" }) }),
    );
  });

  it("has the whole of its time again after the wait, however long that was", async () => {
    const asked = askingRequest({ timeoutSeconds: 120 });
    const { world, schedule } = await playAsking({ tools: ["send"], takesMs: 90_000 }, asked, {
      tool: () => ({ takesMs: 50_000 }),
    });
    await world.advanceTo(minute(300));
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(310));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it.each([
    ["while it waits", () => 0],
    ["before it waits", (count: number) => Math.max(0, count - 1)],
  ])("expires also when the message of its expiry came too early: %s", async (_order, pick) => {
    let early = 1;
    const deliverAfter = (seconds: number) => [seconds > 600 && early-- > 0 ? 0 : seconds];
    const options = { settings: { approvalMs: 3_600_000 }, deliverAfter, pick, workers: 2 };
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), options);
    expect(await outcomesIn(world, schedule)).toEqual(["waiting_approval"]);
    await world.advanceTo(minute(66));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("asks once for all calls of a turn, and again in a later turn", async () => {
    const model: WorldOptions["model"] = ({ turn }) =>
      turn < 2 ? { tools: turn === 0 ? ["send", "send"] : ["send"] } : { text: "Done." };
    const { world, schedule } = await playAsking({}, askingRequest(), { model });
    expect((await world.approvals()).map(({ calls }) => calls.length)).toEqual([2]);
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(12));
    expect(calledIn(world)).toEqual(["send", "send"]);
    await world.decide({ id: await approvalIn(world), approve: false });
    await world.advanceTo(minute(14));
    expect(calledIn(world)).toEqual(["send", "send"]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });

  it("does not ask for calls that cannot be made: of unknown tools and beyond the sixteenth", async () => {
    const { world, schedule } = await playAsking({
      tools: ["guess", ...Array.from({ length: 16 }, () => "look_up"), "send"],
    });
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(calledIn(world)).not.toContain("send");
  });
});

describe("a run that waits", () => {
  it("stands in the way of the next slot, as a run that is going on does", async () => {
    const timing = { every_minutes: 2, start_at: minuteIso(5), end_at: minuteIso(7) };
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest({}, { timing }));
    expect(await outcomesIn(world, schedule)).toEqual(["waiting_approval", "skipped_overlap: overlap"]);
  });

  it("ends when it is cancelled, and leaves nothing to decide about", async () => {
    const { world, schedule } = await playAsking();
    const id = await approvalIn(world);
    const [run] = await runsIn(world, schedule);
    await world.cancel(`${schedule.id}.${run!.key}`);
    expect(await world.approvals()).toEqual([]);
    expect(world.blobs.names().filter((name) => name.startsWith("approvals/"))).toEqual([]);
    await expect(world.decide({ id, approve: true })).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
      message: expect.stringContaining("The run has ended (cancelled, cancelled_by_caller)"),
    });
    await world.advanceTo(minute(26 * 60));
    expect(calledIn(world)).toEqual([]);
    expect(await broken(world, schedule)).toEqual([]);
  });

  it("ends when its schedule is deleted, and leaves nothing to decide about", async () => {
    const { world, schedule } = await playAsking();
    const id = await approvalIn(world);
    await world.delete(schedule.id);
    expect(world.blobs.names().filter((name) => name.startsWith("approvals/"))).toEqual([]);
    await expect(world.decide({ id, approve: true })).rejects.toMatchObject({ details: { reason: "ended" } });
  });

  it("does not hinder the next run of its conversation once it was cancelled", async () => {
    const model: WorldOptions["model"] = ({ key }) => (key === "p1796108700" ? { tools: ["send"] } : { text: "Done." });
    const timing = { every_minutes: 20, start_at: minuteIso(5), end_at: minuteIso(25) };
    const { world, schedule } = await playAsking({}, askingRequest({}, { timing, conversation: "continue" }), {
      model,
    });
    const [run] = await runsIn(world, schedule);
    await world.cancel(`${schedule.id}.${run!.key}`);
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["cancelled: cancelled_by_caller", "succeeded"]);
  });

  it("is not counted as crashed by a poisoned message, and still expires", async () => {
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest(), {
      settings: { approvalMs: 3_600_000 },
    });
    const [run] = await runsIn(world, schedule);
    for (let time = 0; time < 6; time++) {
      await createHandlePoisonedMessage(world.ports)({ v: 1, scheduleId: schedule.id, key: run!.key });
    }
    expect(await runsIn(world, schedule)).toMatchObject([{ state: "waiting_approval", crashes: 0 }]);
    await world.advanceTo(minute(70));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });
});
