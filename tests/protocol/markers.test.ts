import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { sampleId } from "../support/sample-records.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

const planned = async () => {
  const world = createWorld();
  const schedule = await world.schedule({ timing: { every_minutes: 60, start_at: minuteIso(50) } });
  const markers = () => world.blobs.names().filter((name) => name.startsWith("due/"));
  return { world, schedule, markers, own: markers() };
};

describe("a due marker that is not the schedule's own", () => {
  it("is left alone for ten minutes when its swap may still come, then fenced off, then removed", async () => {
    const { world, schedule, markers, own } = await planned();
    const coming = { shard: 0, slot: minute(1), seq: 5 };
    await world.ports.markers.create(schedule.id, coming);
    const before = (await world.ports.schedules.read(schedule.id))!;
    await world.advanceTo(minute(10));
    expect(markers()).toHaveLength(2);
    expect((await scheduleIn(world, schedule)).seq).toBe(1);
    await world.advanceTo(minute(13));
    expect(markers()).toEqual(own);
    expect((await scheduleIn(world, schedule)).seq).toBe(5);
    // Whoever wrote that marker and slept since must not win with it now.
    expect(
      await world.ports.schedules.replace({ ...before.value, seq: 5, marker: coming }, before.version),
    ).toBeUndefined();
  });

  it("is removed at once when it is an old one", async () => {
    const { world, schedule, markers, own } = await planned();
    await world.ports.markers.create(schedule.id, { shard: 0, slot: minute(1), seq: 1 });
    await world.advanceTo(minute(1));
    expect(markers()).toEqual(own);
  });

  it("gets its slot the record and the message that its dispatcher died before giving", async () => {
    for (const kind of ["write", "send"] as const) {
      const world = createWorld({
        planFault: faultOnce((step) => step.kind === kind && /^(runs|\{)/.test(step.name), { kind: "crash_before" }),
      });
      const schedule = await world.schedule({ timing: { run_at: minuteIso(5) } });
      await world.advanceTo(minute(3));
      expect(await scheduleIn(world, schedule)).toMatchObject({ next: null, open: [{ state: "pending" }] });
      await world.advanceTo(minute(4));
      expect(await runsIn(world, schedule)).toHaveLength(1);
      await world.advanceTo(minute(20));
      expect(world.modelCalls).toHaveLength(1);
      expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
    }
  });

  it("stays for an hour when there is no schedule, because that may be about to be created", async () => {
    const world = createWorld();
    await world.ports.markers.create(sampleId(7), { shard: 0, slot: minute(1), seq: 1 });
    await world.advanceTo(minute(60));
    expect(world.blobs.names()).toContainEqual(expect.stringContaining("due/"));
    await world.advanceTo(minute(62));
    expect(world.blobs.names()).not.toContainEqual(expect.stringContaining("due/"));
  });
});

describe("a tick", () => {
  it("costs two calls when nothing is due, and six more for each slot that it dispatches", async () => {
    const { world } = await planned();
    await world.advanceTo(minute(48));
    const costs = world.processes.map((process) => world.steps.filter((step) => step.process === process).length);
    expect(costs).toEqual([...Array(47).fill(2), 2 + 6]);
  });

  it("keeps nobody waiting because of one schedule that cannot be read", async () => {
    const world = createWorld();
    const damaged = await world.schedule({ timing: { run_at: minuteIso(5) } });
    const healthy = await world.schedule({ timing: { run_at: minuteIso(5) } });
    const name = world.blobs.names().find((blob) => blob.startsWith("schedules/") && blob.includes(damaged.id))!;
    await world.blobs.write(name, "{", { condition: "always" });
    await world.advanceTo(minute(5) + minuteMs);
    expect((await runsIn(world, healthy))[0]).toMatchObject({ outcome: "succeeded" });
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "storage.quarantined", level: "error" }));
  });
});
