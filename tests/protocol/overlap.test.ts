import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { faultOnce } from "../support/world-steps.ts";

/** Three slots in minutes 5, 7 and 9, whose runs last three minutes: each would meet the one before. */
async function overlapping(policies: Partial<Policies>, options: WorldOptions = {}) {
  const world = createWorld({ workers: 4, model: () => ({ text: "Done.", takesMs: 3 * minuteMs }), ...options });
  const schedule = await world.schedule({
    timing: { every_minutes: 2, start_at: minuteIso(5), end_at: minuteIso(9) },
    policies,
  });
  await world.advanceTo(minute(40));
  const broken = await brokenPromises(world, schedule, { slots: [5, 7, 9].map(minute), licences: 0 });
  return { world, schedule, broken, outcomes: await outcomesIn(world, schedule) };
}

describe("slots whose run before them is still going on", () => {
  it("are skipped under overlap skip, and say so", async () => {
    const { outcomes, broken, schedule, world } = await overlapping({ overlap: "skip" });
    expect(outcomes).toEqual(["succeeded", "skipped_overlap: overlap", "succeeded"]);
    expect(await scheduleIn(world, schedule)).toMatchObject({ counted: 2, finished: 2, failures: 0 });
    expect(broken).toEqual([]);
  });

  it("wait under overlap buffer_one, one at a time, and start when the one before has ended", async () => {
    const { outcomes, broken, world, schedule } = await overlapping({ overlap: "buffer_one" });
    expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded"]);
    const starts = (await runsIn(world, schedule)).map(({ startedAt }) => startedAt);
    expect(starts).toEqual([minute(5), minute(8), minute(11)]);
    expect(broken).toEqual([]);
  });

  it("are skipped under buffer_one when one waits already", async () => {
    const model: WorldOptions["model"] = () => ({ text: "Done.", takesMs: 3.9 * minuteMs });
    const { outcomes, broken } = await overlapping({ overlap: "buffer_one" }, { model });
    expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded"]);
    const busy: WorldOptions["model"] = ({ turn }) =>
      turn === 0 ? { tools: ["look_up"], takesMs: 3 * minuteMs } : { text: "Done.", takesMs: 3 * minuteMs };
    const longer = await overlapping({ overlap: "buffer_one" }, { model: busy });
    expect(longer.outcomes).toEqual(["succeeded", "succeeded", "skipped_overlap: buffer_full"]);
    expect([...broken, ...longer.broken]).toEqual([]);
  });

  it("end the one before under overlap cancel_other", async () => {
    const { outcomes, broken } = await overlapping({ overlap: "cancel_other" });
    expect(outcomes).toEqual(["cancelled: overlap", "cancelled: overlap", "succeeded"]);
    expect(broken).toEqual([]);
  });

  it("run beside it under overlap allow_all", async () => {
    const { outcomes, broken, world, schedule } = await overlapping({ overlap: "allow_all" });
    expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect((await runsIn(world, schedule)).map(({ startedAt }) => startedAt)).toEqual([5, 7, 9].map(minute));
    expect(broken).toEqual([]);
  });

  it("are not skipped because of a run that has ended and was not released", async () => {
    const { outcomes } = await overlapping(
      { overlap: "skip" },
      {
        model: () => ({ text: "Done.", takesMs: 100_000 }),
        // Dies at 6:40; the next slot comes at 7:00 and the spare message, which found the run busy, at 7:30.
        planFault: faultOnce(({ name }) => name.startsWith("history/"), { kind: "crash_before" }),
      },
    );
    expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

describe("max_runs", () => {
  it("counts runs that were started, and plans no more when they are used up", async () => {
    const { outcomes, broken, world, schedule } = await overlapping(
      { maxRuns: 2 },
      { model: () => ({ text: "Done." }) },
    );
    expect(outcomes.slice(0, 2)).toEqual(["succeeded", "succeeded"]);
    expect(outcomes.slice(2).every((outcome) => outcome === "cancelled: max_runs")).toBe(true);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "completed", counted: 2, finished: 2 });
    expect(broken.filter((promise) => !promise.startsWith("slot"))).toEqual([]);
  });

  it("is not used up by a slot that was skipped", async () => {
    const { outcomes, broken } = await overlapping({ maxRuns: 2 });
    expect(outcomes).toEqual(["succeeded", "skipped_overlap: overlap", "succeeded"]);
    expect(broken).toEqual([]);
  });
});

describe("pause_after_failures", () => {
  it("pauses the schedule after that many failed runs in a row, and opens nothing more", async () => {
    const { outcomes, world, schedule } = await overlapping(
      { pauseAfterFailures: 1, maxAttempts: 1 },
      { model: () => ({ fails: { class: "invalid" } }) },
    );
    expect(outcomes[0]).toBe("failed: model_refused_request");
    expect(outcomes.slice(1).every((outcome) => outcome === "cancelled: superseded")).toBe(true);
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "paused", next: null, failures: 1, open: [] });
  });
});
