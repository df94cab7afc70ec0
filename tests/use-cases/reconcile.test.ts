import { describe, expect, it } from "vitest";
import { markerName, runName } from "../../shared/azure/storage/names.ts";
import { hourMs } from "../../shared/kernel/clock.ts";
import type { Run } from "../../shared/runs/run.ts";
import { admitted } from "../../shared/schedule/admission.ts";
import { withOpen } from "../../shared/schedule/gate.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import { sampleId } from "../support/sample-records.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import type { Process } from "../support/world-processes.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";

const key = plannedRunKey(minute(5));
const ours = "11111111-1111-4111-8111-111111111111";

/** One slot at minute 5 is dispatched, its message is lost, and it is minute 4. */
async function lostMessage(options: WorldOptions & { readonly isDelivered?: boolean } = {}) {
  const queue = { isLosing: options.isDelivered !== true };
  const world = createWorld({
    ...options,
    bend: (ports) => ({
      ...ports,
      queue: { enqueue: async (...sent) => (queue.isLosing ? undefined : ports.queue.enqueue(...sent)) },
    }),
  });
  const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, policies: { overlap: "buffer_one" } });
  await world.advanceTo(minute(4));
  queue.isLosing = false;
  return { world, schedule };
}

async function changeSchedule({ ports }: World, id: string, change: (schedule: Schedule) => Schedule): Promise<void> {
  const { value, version } = (await ports.schedules.read(id))!;
  expect(await ports.schedules.replace(change(value), version)).toBeDefined();
}

async function changeRun({ ports }: World, scheduleId: string, change: Partial<Run>): Promise<void> {
  const { value, version } = (await ports.runs.read({ scheduleId, key }))!;
  expect(await ports.runs.replace({ ...value, ...change }, version)).toBeDefined();
}

/** Repairs, lets what was woken happen, and sees that a second repair finds nothing. */
async function repairAt(world: World, minutes: number) {
  await world.advanceTo(minute(minutes));
  const { mended } = await world.reconcile();
  await world.advanceTo(minute(minutes + 3));
  expect((await world.reconcile()).mended).toEqual({});
  return mended;
}

async function expectAllKept(world: World, schedule: Schedule, outcome = "succeeded"): Promise<void> {
  expect(await outcomesIn(world, schedule)).toEqual([outcome]);
  expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
}

describe("the hourly repair of a run", () => {
  it("creates the record that is missing once its slot has come, and wakes the run", async () => {
    const { world, schedule } = await lostMessage();
    await world.blobs.remove(runName({ scheduleId: schedule.id, key }));
    expect((await world.reconcile()).mended).toEqual({});
    expect(await repairAt(world, 6)).toEqual({ run_created: 1 });
    await expectAllKept(world, schedule);
  });

  it("wakes one that waits to be let in five minutes after its slot, and not before", async () => {
    const { world, schedule } = await lostMessage();
    expect(await repairAt(world, 6)).toEqual({});
    expect(await repairAt(world, 10.5)).toEqual({ run_woken: 1 });
    await expectAllKept(world, schedule);
  });

  it("leaves one alone that waits for another attempt", async () => {
    const { world, schedule } = await lostMessage();
    await changeRun(world, schedule.id, { notBefore: minute(30) });
    expect(await repairAt(world, 31)).toEqual({});
    expect(await repairAt(world, 38)).toEqual({ run_woken: 1 });
    await expectAllKept(world, schedule);
  });

  it("does what follows an end that was only written down", async () => {
    const { world, schedule } = await lostMessage();
    await changeRun(world, schedule.id, { state: "ended", outcome: "timed_out", endedAt: minute(5) });
    expect(await repairAt(world, 6)).toEqual({ end_completed: 1 });
    await expectAllKept(world, schedule, "timed_out");
  });

  it("wakes one that was refused, so that it gets its outcome", async () => {
    const { world, schedule } = await lostMessage();
    const refused = { state: "refused", outcome: "skipped_overlap", reason: "overlap" } as const;
    await changeSchedule(world, schedule.id, (current) => withOpen(current, key, refused));
    expect(await repairAt(world, 6)).toEqual({ run_woken: 1 });
    await expectAllKept(world, schedule, "skipped_overlap: overlap");
  });

  it("wakes one that waits in the buffer behind nobody", async () => {
    const { world, schedule } = await lostMessage();
    await changeSchedule(world, schedule.id, (current) => withOpen(current, key, { state: "buffered" }));
    expect(await repairAt(world, 11)).toEqual({ run_woken: 1 });
    await expectAllKept(world, schedule);
  });

  it("leaves one in the buffer that waits behind a run", async () => {
    const world = createWorld({
      workers: 2,
      model: () => ({ text: "Slow.", takesMs: 420_000 }),
      settings: { modelCallMs: hourMs },
    });
    const timing = { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(6) };
    const schedule = await world.schedule({ timing, policies: { overlap: "buffer_one", timeoutSeconds: 3600 } });
    await world.advanceTo(minute(11.9));
    expect((await scheduleIn(world, schedule)).open.map(({ state }) => state)).toEqual(["active", "buffered"]);
    expect((await world.reconcile()).mended).toEqual({});
    await world.advanceTo(minute(40));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded", "succeeded"]);
  });

  it("wakes one that was let in and that nobody works on", async () => {
    const { world, schedule } = await lostMessage();
    await changeSchedule(world, schedule.id, (current) => admitted(current, key));
    await changeRun(world, schedule.id, { state: "running", epoch: 2 });
    const [run] = await runsIn(world, schedule);
    await world.ports.log.createHead({
      v: 1,
      id: run!.conversationId,
      owner: "local",
      title: "",
      createdAt: 0,
      segment: 0,
    });
    await world.advanceTo(minute(11));
    await world.ports.log.acquire(run!.conversationId, ours);
    expect((await world.reconcile()).mended).toEqual({});
    expect(await repairAt(world, 13)).toEqual({ run_woken: 1 });
    await expectAllKept(world, schedule);
  });

  it("leaves alone what goes well, at any moment of it", async () => {
    const { world, schedule } = await lostMessage({
      isDelivered: true,
      model: () => ({ text: "Done.", takesMs: 200_000 }),
    });
    for (const minutes of [4.5, 5, 5.5, 7, 10, 20]) {
      await world.advanceTo(minute(minutes));
      expect((await world.reconcile()).mended).toEqual({});
    }
    await expectAllKept(world, schedule);
  });
});

describe("the hourly repair of due markers", () => {
  async function planned(options: WorldOptions = {}) {
    const world = createWorld(options);
    const schedule = await world.schedule({ timing: { run_at: minuteIso(600) } });
    const markers = () => world.blobs.names().filter((name) => name.startsWith("due/"));
    return { world, schedule, markers, own: markers() };
  }

  it("creates the one that the schedule names", async () => {
    const { world, schedule, markers, own } = await planned();
    await world.blobs.remove(markerName(schedule.id, schedule.marker!));
    expect(await repairAt(world, 5)).toEqual({ marker_created: 1 });
    expect(markers()).toEqual(own);
  });

  it("removes an old one, and fences off one whose schedule was never written, long before their time", async () => {
    const { world, schedule, markers, own } = await planned();
    await world.ports.markers.create(schedule.id, { shard: 0, slot: minute(500), seq: 1 });
    await world.ports.markers.create(schedule.id, { shard: 0, slot: minute(500), seq: 7 });
    expect(await repairAt(world, 5)).toEqual({ marker_removed: 1 });
    await world.advanceTo(minute(20));
    expect((await world.reconcile()).mended).toEqual({ marker_fenced: 1 });
    expect(await repairAt(world, 21)).toEqual({ marker_removed: 1 });
    expect(markers()).toEqual(own);
  });

  it("removes those of any shard that belong to no schedule, once they are an hour old", async () => {
    const { world, markers, own } = await planned({ settings: { dueShards: 3 } });
    for (const shard of [0, 1, 2]) await world.ports.markers.create(sampleId(7), { shard, slot: minute(500), seq: 1 });
    expect(await repairAt(world, 55)).toEqual({});
    expect(await repairAt(world, 61)).toEqual({ marker_removed: 3 });
    expect(markers()).toEqual(own);
  });
});

describe("the hourly repair of a deleted schedule", () => {
  it("cancels the runs that the one who deleted left open", async () => {
    const { world, schedule } = await lostMessage();
    await changeSchedule(world, schedule.id, (current) => ({ ...current, status: "deleted", updatedAt: minute(4) }));
    expect(await repairAt(world, 5)).toEqual({ run_cancelled: 1 });
    await expectAllKept(world, schedule, "cancelled: deleted");
  });

  it("removes it a day later, because a repeat of its creation must find it; its runs stay", async () => {
    const { world, schedule } = await lostMessage({ isDelivered: true });
    await world.advanceTo(minute(6));
    await world.delete(schedule.id);
    world.switches.ticking = false;
    expect(await repairAt(world, 6 + 24 * 60 - 5)).toEqual({});
    expect(await repairAt(world, 6 + 24 * 60 + 1)).toEqual({ schedule_removed: 1 });
    expect(await world.ports.schedules.read(schedule.id)).toBeUndefined();
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
  });
});

describe("the hourly repair", () => {
  it("looks at the schedules of all owners, and at the rest although one of them fails", async () => {
    const broken = { id: "" };
    const fails: WorldOptions["planFault"] = ({ process, kind, name }) =>
      process.kind === "reconcile" && kind === "read" && name.includes(broken.id)
        ? { kind: "error_before" }
        : undefined;
    const { world, schedule } = await lostMessage({ repairs: true, planFault: fails });
    broken.id = (await world.schedule({ timing: { run_at: minuteIso(900) } })).id;
    await world.schedule({ timing: { run_at: minuteIso(900) } }, { owner: "other", name: "" });
    await world.advanceTo(minute(70));
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(world.recorded).toContainEqual(
      expect.objectContaining({ name: "reconcile.schedule_failed", level: "error", fields: { schedule: broken.id } }),
    );
    expect(world.recorded).toContainEqual(
      expect.objectContaining({ name: "reconcile.mended", fields: { kind: "run_woken", schedule: schedule.id, key } }),
    );
    expect(world.recorded).toContainEqual(
      expect.objectContaining({ name: "reconcile.finished", fields: { schedules: 3, failed: 1, run_woken: 1 } }),
    );
  });

  it("may die at any of its steps; the next one mends the rest", async () => {
    const play = async (dies: (number: number) => boolean) => {
      let taken = 0;
      let first: Process | undefined;
      const { world, schedule } = await lostMessage({
        repairs: true,
        planFault: ({ process }) => {
          if (process.kind === "reconcile") first ??= process;
          return process === first && dies(taken++) ? { kind: "crash_after" } : undefined;
        },
      });
      await world.blobs.remove(runName({ scheduleId: schedule.id, key }));
      await world.ports.markers.create(schedule.id, { shard: 0, slot: minute(500), seq: 1 });
      await world.advanceTo(minute(140));
      return { taken, broken: await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 }) };
    };
    const calm = await play(() => false);
    expect(calm.taken).toBeGreaterThan(6);
    for (let step = 0; step < calm.taken; step++) expect((await play((number) => number === step)).broken).toEqual([]);
  });
});
