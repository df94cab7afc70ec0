import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { jittered } from "../../shared/schedule/jitter.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

const slots = [5, 15, 25, 35].map(minute);

/** Every ten minutes from minute 5, four times, each up to nine minutes later. */
async function play(options: WorldOptions = {}) {
  const world = createWorld(options);
  const schedule = await world.schedule({
    timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(35) },
    policies: { jitterSeconds: 540 },
  });
  await world.advanceTo(minute(60));
  const runs = await runsIn(world, schedule);
  return {
    world,
    schedule,
    runs,
    wanted: slots.map((slot) => jittered(schedule, slot)),
    broken: (licences: number) => brokenPromises(world, schedule, { slots, licences }),
  };
}

describe("a schedule with jitter", () => {
  it("starts each run at its slot and its own delay, and keeps the slot in the record", async () => {
    const { runs, wanted, broken } = await play();
    expect(runs.map(({ slot }) => slot)).toEqual(slots);
    expect(runs.map(({ startedAt }) => startedAt)).toEqual(wanted);
    expect(new Set(wanted.map((start, index) => start - (slots[index] ?? 0))).size).toBeGreaterThan(1);
    expect(await broken(0)).toEqual([]);
  });

  it("starts a one-off later too", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, policies: { jitterSeconds: 3600 } });
    await world.advanceTo(minute(90));
    const [run] = await runsIn(world, schedule);
    expect(run).toMatchObject({ slot: minute(5), startedAt: jittered(schedule, minute(5)), outcome: "succeeded" });
    expect(jittered(schedule, minute(5))).toBeGreaterThan(minute(6));
  });

  it("puts back a message that comes after the slot and before the start", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, policies: { jitterSeconds: 3600 } });
    const key = `p${minute(5) / 1000}`;
    for (const at of [5, 6]) {
      world.at(minute(at), () => world.ports.queue.enqueue({ v: 1, scheduleId: schedule.id, key }, 0));
    }
    await world.advanceTo(minute(90));
    const [run] = await runsIn(world, schedule);
    expect(run).toMatchObject({ startedAt: jittered(schedule, minute(5)), epoch: 1 });
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 0 })).toEqual([]);
  });

  it("keeps the start when the dispatcher dies and the next tick goes on", async () => {
    const isSend = ({ process, kind }: { process: { kind: string }; kind: string }) =>
      process.kind === "tick" && kind === "send";
    const { runs, wanted, broken } = await play({ planFault: faultOnce(isSend, { kind: "crash_before" }, 2) });
    expect(runs.map(({ startedAt }) => startedAt)).toEqual(wanted);
    expect(await broken(1)).toEqual([]);
  });

  it("does not hold a retry back", async () => {
    const { runs, wanted } = await play({
      model: ({ repeat }) => (repeat === 0 ? { fails: { class: "transient" } } : { text: "Done." }),
    });
    for (const [index, { endedAt = 0 }] of runs.entries()) {
      expect(endedAt - (wanted[index] ?? 0)).toBeGreaterThan(0);
      expect(endedAt - (wanted[index] ?? 0)).toBeLessThanOrEqual(minuteMs);
    }
  });

  it("does not hold back a run that has begun when an edit raises it", async () => {
    const world = createWorld({
      model: ({ repeat }) => (repeat === 0 ? { fails: { class: "transient" } } : { text: "Done." }),
    });
    const schedule = await world.schedule({ timing: { every_minutes: 70, start_at: minuteIso(5) } });
    world.at(minute(5) + 1000, () => world.update({ id: schedule.id, change: { policies: { jitterSeconds: 3600 } } }));
    await world.advanceTo(minute(10));
    expect(jittered({ ...schedule, definition: { policies: { jitterSeconds: 3600 } } }, minute(5))).toBeGreaterThan(
      minute(10),
    );
    expect(await runsIn(world, schedule)).toMatchObject([{ outcome: "succeeded", failures: 1 }]);
  });

  it("is not late while its start is to come, though its slot is: after an outage it simply runs", async () => {
    const world = createWorld();
    const schedule = await world.schedule({
      timing: { run_at: minuteIso(5) },
      policies: { jitterSeconds: 3600, catchUp: "none" },
    });
    world.switches.ticking = false;
    await world.advanceTo(jittered(schedule, minute(5)) - 1000);
    world.switches.ticking = true;
    await world.advanceTo(minute(90));
    expect((await runsIn(world, schedule)).map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ["planned", "succeeded"],
    ]);
    expect((await scheduleIn(world, schedule)).status).toBe("completed");
  });
});
