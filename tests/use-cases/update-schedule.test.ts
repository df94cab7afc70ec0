import { describe, expect, it } from "vitest";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { type Change, everyTwo, pause, playEdits, rename, resume, slotsOf, to, update } from "./edits.ts";

describe("an edit of a schedule", () => {
  it("moves a slot that was dispatched already: the old run is superseded, the new one runs", async () => {
    const { world, schedule, broken } = await playEdits({ timing: { run_at: minuteIso(3) } }, [[2, to(4)]], {
      slots: [3, 4],
    });
    expect(await slotsOf(world, schedule)).toEqual([
      [3, "cancelled: superseded"],
      [4, "succeeded"],
    ]);
    expect(broken).toEqual([]);
  });

  it("there and back runs the slot once", async () => {
    const { world, schedule, broken } = await playEdits(
      { timing: { run_at: minuteIso(3) }, policies: { maxRuns: 1 } },
      [
        [2, to(5)],
        [2.5, to(3)],
      ],
      { slots: [3] },
    );
    expect(await slotsOf(world, schedule)).toContainEqual([3, "succeeded"]);
    expect(world.modelCalls).toHaveLength(1);
    expect(broken).toEqual([]);
  });

  it("dispatches at once when the new slot comes before the next tick", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(30) } });
    await world.advanceTo(minute(5.2));
    await update(world, schedule.id, to(5.5));
    expect(await runsIn(world, schedule)).toMatchObject([{ state: "queued", slot: minute(5.5) }]);
    expect(world.blobs.names().filter((name) => name.startsWith("due/"))).toEqual([]);
    await world.advanceTo(minute(60));
    expect((await runsIn(world, schedule))[0]).toMatchObject({ outcome: "succeeded", startedAt: minute(5.5) });
    expect(await brokenPromises(world, schedule, { slots: [minute(5.5)], licences: 0 })).toEqual([]);
  });

  it("gives a dispatched run the new text, and costs two calls when no slot moves", async () => {
    const { world, broken } = await playEdits({ timing: { run_at: minuteIso(3) } }, [[2.5, rename]], { slots: [3] });
    expect(world.modelCalls[0]?.request.messages.at(-1)).toMatchObject({ text: "And now?" });
    const calls = world.steps
      .filter(({ process }) => process.kind === "user")
      .map(({ kind, name }) => `${kind} ${name.split("/")[0]}`);
    expect(calls).toEqual(["read schedules", "write schedules"]);
    expect(broken).toEqual([]);
  });

  it("leaves a run alone that is going on, and plans what follows anew", async () => {
    const { world, schedule, broken } = await playEdits(
      everyTwo,
      [[3.5, { change: { prompt: "Else?", timing: { run_at: minuteIso(20) }, clear: ["start_at", "end_at"] } }]],
      { slots: [3, 5, 20], model: () => ({ text: "Done.", takesMs: 60_000 }) },
    );
    expect(await slotsOf(world, schedule)).toEqual([
      [3, "succeeded"],
      [5, "cancelled: superseded"],
      [20, "succeeded"],
    ]);
    expect(world.modelCalls.map(({ request }) => request.messages.at(-1))).toMatchObject([
      { text: "What happened overnight?" },
      { text: "Else?" },
    ]);
    expect(broken).toEqual([]);
  });

  it("makes a completed schedule active again when it plans new slots, and only then", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(1) } });
    await world.advanceTo(minute(10));
    expect((await update(world, schedule.id, rename)).schedule).toMatchObject({ status: "completed", revision: 2 });
    await expect(update(world, schedule.id, resume)).rejects.toMatchObject({ details: { field: "status" } });
    expect((await update(world, schedule.id, to(20))).schedule).toMatchObject({ status: "active", next: minute(20) });
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "succeeded"]);
    expect(await brokenPromises(world, schedule, { slots: [minute(1), minute(20)], licences: 0 })).toEqual([]);
  });

  it("writes nothing when it changes nothing or is refused", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(30) } });
    const names = world.blobs.names();
    const same: Change = {
      change: { name: schedule.definition.name, timing: { run_at: minuteIso(30) } },
      status: "active",
      ifMatch: 1,
    };
    const { before, schedule: after } = await update(world, schedule.id, same);
    expect(after).toBe(before);
    const refused: [Change, object][] = [
      [
        { ...rename, ifMatch: 2 },
        { reason: "conflict", current_revision: 1 },
      ],
      [{ change: { allowedTools: ["guess"] } }, { field: "allowed_tools" }],
      [to(-1), { field: "run_at" }],
      [{ reason: "Why not" }, { field: "reason" }],
    ];
    for (const [change, details] of refused) {
      await expect(update(world, schedule.id, change)).rejects.toMatchObject({ code: "VALIDATION_ERROR", details });
    }
    expect(world.blobs.names()).toEqual(names);
    expect(await scheduleIn(world, schedule)).toEqual(before);
  });

  it("answers for a deleted schedule and for somebody else's as though there were none", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(30) } });
    await expect(update(world, schedule.id, rename, "stranger")).rejects.toMatchObject({
      details: { reason: "not_found" },
    });
    await world.delete(schedule.id);
    await expect(update(world, schedule.id, rename)).rejects.toMatchObject({ details: { reason: "not_found" } });
  });
});

describe("edits at the same moment", () => {
  const orders = [0, 1, 2, 3, 5, 7].map((chosen) => ({ workers: 2, pick: (count: number) => chosen % count }));

  it("are both carried out, in any order", async () => {
    for (const options of orders) {
      const edits = [
        [2, to(4)],
        [2, rename],
      ] as const;
      const played = await playEdits({ timing: { run_at: minuteIso(3) } }, edits, { ...options, slots: [4] });
      const { revision, definition } = await scheduleIn(played.world, played.schedule);
      expect([revision, definition.name, played.refused]).toEqual([3, "Evening report", []]);
      expect(await slotsOf(played.world, played.schedule)).toContainEqual([4, "succeeded"]);
      expect(played.broken).toEqual([]);
    }
  });

  it("that have seen the same revision are one too many, in any order", async () => {
    for (const options of orders) {
      const edits = [
        [2, { ...to(4), ifMatch: 1 }],
        [2, { ...to(5), ifMatch: 1 }],
      ] as const;
      const { world, schedule, refused, broken } = await playEdits(
        { timing: { run_at: minuteIso(3) } },
        edits,
        options,
      );
      expect(refused).toMatchObject([{ details: { reason: "conflict", current_revision: 2 } }]);
      expect((await scheduleIn(world, schedule)).revision).toBe(2);
      expect(broken).toEqual([]);
    }
  });

  it("with ticks and runs keep every promise, in any order", async () => {
    const edits = [
      [3, pause],
      [3, { change: { timing: { every_minutes: 3 } } }],
      [4, resume],
      [5, { change: { timing: { every_minutes: 2 }, policies: { maxRuns: 4 } } }],
      [5, pause],
      [6, resume],
    ] as const;
    for (const options of orders) {
      const model = () => ({ text: "Done.", takesMs: 40_000 });
      const { broken, refused } = await playEdits(everyTwo, edits, { ...options, model });
      expect([broken, refused]).toEqual([[], []]);
    }
  });
});
