import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { headName, runName, segmentName } from "../../shared/azure/storage/names.ts";
import { createGetConversation } from "../../shared/use-cases/read-conversation.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { damage, quarantined, slow } from "../support/world-damage.ts";
import { conversationsIn, outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

describe("a conversation's head that is damaged", () => {
  it("is made anew for the next reader", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
    await world.advanceTo(minute(10));
    const [id = ""] = conversationsIn(world);
    const before = await world.ports.log.readHead(id);
    await damage(world, headName(id));
    const { head, events } = await createGetConversation(world.ports)(localPrincipal, id, undefined, 50);
    expect(head).toEqual({ ...before, createdAt: expect.any(Number) });
    expect(head).toMatchObject({ title: schedule.definition.name, scheduleId: schedule.id });
    expect(events.length).toBeGreaterThan(3);
    expect(quarantined(world)).toEqual([`quarantine/${headName(id)}`]);
  });

  it("hinders no run", async () => {
    const { world, schedule, id } = await continued();
    await damage(world, headName(id));
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

describe("a conversation's segment that is damaged", () => {
  it("ends the run that needs it as failed; the schedule goes on in a new segment that begins with a note", async () => {
    const { world, schedule, id } = await continued();
    await damage(world, segmentName(id, 0));
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "failed: damaged_log", "succeeded"]);
    expect(quarantined(world)).toEqual([`quarantine/${segmentName(id, 0)}`]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", segment: 1, open: [] });
    const { head, events } = await createGetConversation(world.ports)(localPrincipal, id, undefined, 50);
    expect(head.segment).toBe(1);
    expect(events[0]).toMatchObject({
      position: "1:0",
      event: { type: "carry_over", text: expect.stringContaining("damaged") },
    });
    expect(world.host.unfinished()).toEqual([]);
  });

  it("and a damaged head at the same time are mended both", async () => {
    const { world, schedule, id } = await continued();
    await damage(world, segmentName(id, 0));
    await damage(world, headName(id));
    await world.advanceTo(minute(30));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "failed: damaged_log", "succeeded"]);
    expect(quarantined(world)).toHaveLength(2);
    expect(await world.ports.log.readHead(id)).toMatchObject({ segment: 1 });
  });

  it("is left to the worker that holds the conversation, for as long as it does", async () => {
    const { world, schedule, id } = await continued();
    await damage(world, segmentName(id, 0));
    const other = "11111111-1111-4111-8111-111111111111";
    await world.advanceTo(minute(14.9));
    await world.ports.log.acquire(id, other);
    await world.advanceTo(minute(15.5));
    expect(quarantined(world)).toEqual([]);
    await world.advanceTo(minute(40));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "failed: damaged_log", "succeeded"]);
  });

  it("is left to a worker that is in the middle of its run, by the hourly repair too", async () => {
    const { world, schedule, id } = await continued(slow);
    await world.advanceTo(minute(15.5));
    const run = (await runsIn(world, schedule)).at(-1)!;
    await world.blobs.remove(runName(run));
    await damage(world, segmentName(id, 0));
    expect((await world.reconcile()).mended).toEqual({});
    expect(quarantined(world)).toEqual([]);
    await world.advanceTo(minute(60));
    expect(quarantined(world)).toEqual([`quarantine/${segmentName(id, 0)}`]);
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "failed: damaged_log", "succeeded"]);
  });

  it("costs one run whichever step of its mending a worker dies at", async () => {
    const played = async (dies: (taken: number) => boolean) => {
      const state = { taken: 0, isArmed: false };
      const { world, schedule, id } = await continued({
        repairs: true,
        planFault: ({ process }) =>
          state.isArmed && process.kind === "run" && dies(state.taken++) ? { kind: "crash_after" } : undefined,
      });
      await damage(world, segmentName(id, 0));
      state.isArmed = true;
      await world.advanceTo(minute(17));
      const { taken } = state;
      await world.advanceTo(minute(140));
      return { taken, outcomes: await outcomesIn(world, schedule), unfinished: world.host.unfinished() };
    };
    const calm = await played(() => false);
    for (let step = 0; step < calm.taken; step++) {
      const { outcomes, unfinished } = await played((taken) => taken === step);
      expect({ step, outcomes, unfinished }).toEqual({
        step,
        outcomes: ["succeeded", "failed: damaged_log", "succeeded"],
        unfinished: [],
      });
    }
    expect(calm.taken).toBeGreaterThan(15);
  });
});

/** Slots at minutes 5, 15 and 25 in one conversation; it is minute 10. */
async function continued(options: WorldOptions = {}) {
  const world = createWorld(options);
  const timing = { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(25) };
  const schedule = await world.schedule({ timing, conversation: "continue" });
  await world.advanceTo(minute(10));
  const [id = ""] = conversationsIn(world);
  return { world, schedule, id };
}
