import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createScheduleConversation } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

const soon = { run_at: minuteIso(1) };
const later = { run_at: minuteIso(30) };

describe("creating a schedule", () => {
  it("dispatches at once when the first slot comes before the next tick", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: soon });
    expect(await runsIn(world, schedule)).toMatchObject([{ state: "queued", slot: minute(1) }]);
    await world.advanceTo(minute(10));
    expect((await runsIn(world, schedule))[0]).toMatchObject({ outcome: "succeeded", startedAt: minute(1) });
    expect(await brokenPromises(world, schedule, { slots: [minute(1)], licences: 0 })).toEqual([]);
  });

  it("costs two storage calls when the slot is further away", async () => {
    const world = createWorld();
    world.at(minute(0.5), () => world.schedule({ timing: later }));
    await world.advanceTo(minute(0.9));
    expect(world.steps.map(({ kind, name }) => `${kind} ${name.split("/")[0]}`)).toEqual([
      "write due",
      "write schedules",
    ]);
  });

  it("writes nothing for a dry run, and nothing when the request is refused", async () => {
    const world = createWorld();
    const dry = await create(world, { timing: later, dryRun: true });
    expect(dry).toMatchObject({ kind: "dry_run", nextSlots: [minute(30)] });
    const refused = [
      { timing: later, prompt: " " },
      { timing: later, prompt: "x".repeat(65_537) },
      { timing: later, allowedTools: ["look_up", "guess"] },
      { timing: later, conversation: "continue", policies: { overlap: "allow_all" } },
    ] as const;
    for (const request of refused) {
      await expect(create(world, request)).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
    }
    expect(world.blobs.names()).toEqual([]);
  });

  it("may be repeated with an idempotency key: the same request gets the same schedule", async () => {
    const world = createWorld();
    const first = await create(world, { timing: later, idempotencyKey: "k" });
    const second = await create(world, { timing: later, idempotencyKey: "k" });
    expect([first.kind, second.kind]).toEqual(["created", "existing"]);
    expect(second.schedule.id).toBe(first.schedule.id);
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, first.schedule)).toEqual(["succeeded"]);
    expect(await brokenPromises(world, first.schedule, { slots: [minute(30)], licences: 0 })).toEqual([]);
  });

  it("may be repeated after its time has passed, too: whoever lost the first answer gets it", async () => {
    const world = createWorld();
    const first = await create(world, { timing: soon, idempotencyKey: "k" });
    await world.advanceTo(minute(20));
    const second = await create(world, { timing: soon, idempotencyKey: "k" });
    expect(second).toMatchObject({ kind: "existing", schedule: { id: first.schedule.id, status: "completed" } });
  });

  it("refuses other content under the same key, and a key whose schedule was deleted", async () => {
    const world = createWorld();
    const { schedule } = await create(world, { timing: later, idempotencyKey: "k" });
    const other = create(world, { timing: later, idempotencyKey: "k", prompt: "Something else" });
    await expect(other).rejects.toMatchObject({ details: { reason: "conflict", schedule_id: schedule.id } });
    await world.delete(schedule.id);
    const again = create(world, { timing: later, idempotencyKey: "k" });
    await expect(again).rejects.toMatchObject({ details: { reason: "conflict" } });
    await world.advanceTo(minute(60));
    expect(await brokenPromises(world, schedule, { slots: [], licences: 0 })).toEqual([]);
  });

  it("makes one schedule of two calls at the same moment under one key, in any order", async () => {
    for (const chosen of [0, 1, 2, 3]) {
      const world = createWorld({ pick: (count) => chosen % count });
      for (const _ of [1, 2]) world.at(minute(0.5), () => create(world, { timing: soon, idempotencyKey: "k" }));
      await world.advanceTo(minute(20));
      const { schedule } = await create(world, { timing: soon, idempotencyKey: "k" });
      expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", finished: 1 });
      expect(await brokenPromises(world, schedule, { slots: [minute(1)], licences: 0 })).toEqual([]);
      expect(world.modelCalls).toHaveLength(1);
    }
  });
});

function create(
  world: ReturnType<typeof createWorld>,
  request: Partial<Parameters<ReturnType<typeof createScheduleConversation>>[1]> & { timing: object },
) {
  const schedule = createScheduleConversation(world.ports, world.toolbox, { minimumIntervalSeconds: 60 });
  return schedule(localPrincipal, { name: "Report", prompt: "What happened?", ...request });
}
