import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { approvalId } from "../../shared/runs/approval.ts";
import { runId } from "../../shared/runs/run.ts";
import { afterFirstRun, chatsIn, continuing, gateOf, sayAt } from "../support/talk.ts";
import { createWorld, minute, type World, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

const kept = (world: World, id: string, licences = 0) => brokenPromises(world, { id }, { slots: [], licences });

describe("a conversation of which a run has hold", () => {
  const slow: WorldOptions["model"] = () => ({ text: "Done.", takesMs: 2 * minuteMs });

  it("takes nothing else while a scheduled run is going on, and says which", async () => {
    const world = createWorld({ workers: 3, model: slow });
    const schedule = await world.schedule(continuing);
    await world.advanceTo(minute(6));
    const [run] = await runsIn(world, schedule);
    const said = sayAt(world, minute(6), { conversationId: run!.conversationId, message: "Why?" });
    await world.advanceTo(minute(6.5));
    expect(said.refusal).toMatchObject({
      code: "VALIDATION_ERROR",
      message: expect.stringMatching(
        /A run is going on .* get_run and wait_seconds, or .* cancel_run; then say it again/,
      ),
      details: { reason: "conflict", run_id: runId(run!) },
    });
  });

  it("takes one of two things that are said at once", async () => {
    const { world, conversationId } = await afterFirstRun({ model: slow });
    await world.advanceTo(minute(8));
    const both = ["One", "Two"].map((message) => sayAt(world, minute(9), { conversationId, message }));
    await world.advanceTo(minute(14));
    const [run] = await chatsIn(world, conversationId);
    expect(await chatsIn(world, conversationId)).toHaveLength(1);
    expect(both.filter(({ value }) => value !== undefined)).toHaveLength(1);
    expect(both.flatMap(({ refusal }) => refusal?.details.run_id ?? [])).toEqual([runId(run!)]);
  });

  it("says what the person has to decide first", async () => {
    const asks: WorldOptions["model"] = ({ turn }) => (turn === 0 ? { tools: ["send"] } : { text: "Sent." });
    const { world, schedule, conversationId } = await afterFirstRun(
      { model: asks },
      { ...continuing, allowedTools: ["desk:*"] },
    );
    const said = sayAt(world, minute(7), { conversationId, message: "Why?" });
    await world.advanceTo(minute(8));
    const [approval] = await world.approvals();
    expect(said.refusal).toMatchObject({
      message: expect.stringContaining(`decide_approval, id ${approvalId(approval!)}`),
      details: { approval_id: approvalId(approval!) },
    });
    await world.decide({ id: approvalId(approval!), approve: true });
    await world.advanceTo(minute(9));
    expect((await runsIn(world, schedule))[0]?.outcome).toBe("succeeded");
  });

  it("takes what is said again once the run has ended, also before its gate knows", async () => {
    const { world, schedule, conversationId } = await afterFirstRun({
      // Dies between the outcome and the release of the gate.
      planFault: faultOnce(({ kind, name }) => kind === "write" && name.startsWith("history/"), {
        kind: "crash_before",
      }),
    });
    expect((await scheduleIn(world, schedule)).open).toHaveLength(1);
    const said = sayAt(world, minute(6.1), { conversationId, message: "Why?" });
    await world.advanceTo(minute(40));
    expect(said.value?.run.outcome).toBe("succeeded");
    expect(await brokenPromises(world, schedule, { slots: [minute(5), minute(15)], licences: 1 })).toEqual([]);
  });

  it("is free while a run is only dispatched ahead of its moment", async () => {
    const { world, schedule, conversationId } = await afterFirstRun({});
    await world.advanceTo(minute(13.9));
    expect((await scheduleIn(world, schedule)).open).toHaveLength(1);
    const said = sayAt(world, minute(14), { conversationId, message: "Why?" });
    await world.advanceTo(minute(30));
    expect(said.value?.run.outcome).toBe("succeeded");
  });
});

describe("a scheduled run that comes due while a person talks in its conversation", () => {
  it("waits until the answer is there, and then runs once", async () => {
    const { world, schedule, conversationId } = await afterFirstRun({
      model: ({ key }) => ({ text: "Done.", takesMs: key.startsWith("c") ? 3 * minuteMs : 0 }),
    });
    sayAt(world, minute(14), { conversationId, message: "Why?" });
    await world.advanceTo(minute(30));
    const [chat] = await chatsIn(world, conversationId);
    const [, second] = await runsIn(world, schedule);
    expect([chat?.outcome, second?.outcome]).toEqual(["succeeded", "succeeded"]);
    expect(second?.startedAt).toBeGreaterThanOrEqual(chat!.endedAt!);
    expect(await brokenPromises(world, schedule, { slots: [minute(5), minute(15)], licences: 0 })).toEqual([]);
    expect(await kept(world, gateOf(conversationId).id)).toEqual([]);
  });

  it("waits while the person is asked for approval, at most ten minutes, and loses neither time nor lives by it", async () => {
    const { world, schedule, conversationId } = await afterFirstRun(
      { model: ({ key, turn }) => (key.startsWith("c") && turn === 0 ? { tools: ["send"] } : { text: "Done." }) },
      { ...continuing, allowedTools: ["desk:*"], policies: { timeoutSeconds: 60 } },
    );
    const said = sayAt(world, minute(14), { conversationId, message: "Send it." });
    await world.advanceTo(minute(23));
    expect(said.value?.run).toMatchObject({ state: "waiting_approval", waiting: { expiresAt: minute(24) } });
    expect(await runsIn(world, schedule)).toMatchObject([{ outcome: "succeeded" }, { state: "queued", crashes: 0 }]);
    expect(world.host.unfinished().length).toBeLessThan(8);
    await world.advanceTo(minute(40));
    expect((await runsIn(world, schedule)).map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded"]);
    expect((await chatsIn(world, conversationId))[0]).toMatchObject({
      outcome: "succeeded",
      decision: { by: "expiry" },
    });
    expect(await brokenPromises(world, schedule, { slots: [minute(5), minute(15)], licences: 0 })).toEqual([]);
  });
});

describe("the gate of a conversation in which nobody has spoken for long", () => {
  it("is kept for the month whose tokens it counts, then forgotten, and made anew by the next word", async () => {
    const policies = { maxTokensPerMonth: 5000 };
    const { world, conversationId } = await afterFirstRun({ repairs: true }, { ...continuing, policies });
    sayAt(world, minute(8), { conversationId, message: "Why?" });
    const day = 24 * 60;
    await world.advanceTo(minute(30));
    world.switches.ticking = false;
    await world.advanceTo(minute(30 * day));
    expect((await scheduleIn(world, gateOf(conversationId))).usage).toMatchObject({ month: "2026-12", runs: 1 });
    await world.advanceTo(minute(32 * day));
    expect(await world.ports.schedules.read(gateOf(conversationId).id)).toBeUndefined();
    const said = sayAt(world, world.now(), { conversationId, message: "And now?" });
    await world.advanceTo(world.now() + minuteMs);
    expect(said.value?.run.outcome).toBe("succeeded");
    expect(await scheduleIn(world, gateOf(conversationId))).toMatchObject({ finished: 1, usage: { runs: 1 } });
  });
});
