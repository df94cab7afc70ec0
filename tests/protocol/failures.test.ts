import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { ModelFailure } from "../../shared/model/model.ts";
import { minute } from "../support/world.ts";
import { playOneSlot } from "../support/world-one-slot.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { faultOnce } from "../support/world-steps.ts";

const failing = (failure: ModelFailure, times: number) => ({
  model: ({ repeat }: { repeat: number }) => (repeat < times ? { fails: failure } : { text: "At last." }),
});

describe("a model call that fails for a moment", () => {
  it("is tried again after the backoff, and the run succeeds", async () => {
    const { world, schedule, run } = await playOneSlot(failing({ class: "transient" }, 2));
    expect(run).toMatchObject({ outcome: "succeeded", failures: 2, crashes: 0, answer: "At last." });
    // Half of 30 s, then half of 60 s: the dice of this world fall in the middle.
    expect(run.endedAt).toBe(minute(5) + 45 * secondMs);
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 2 })).toEqual([]);
  });

  it("ends the run failed when the attempts are used up", async () => {
    const { world, schedule, run, events } = await playOneSlot(failing({ class: "transient" }, 99));
    expect(run).toMatchObject({ outcome: "failed", reason: "model_transient", failures: 2, epoch: 3 });
    expect(world.modelCalls).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: "run_finished", outcome: "failed" });
    expect(await brokenPromises(world, schedule, { slots: [minute(5)], licences: 2 })).toEqual([]);
  });

  it("is not counted for a worker that died: only failures use up the attempts", async () => {
    const { run } = await playOneSlot({
      model: ({ repeat }) => (repeat === 1 || repeat === 2 ? { fails: { class: "transient" } } : { text: "At last." }),
      planFault: faultOnce(({ kind }) => kind === "model", { kind: "crash_after" }),
    });
    expect(run).toMatchObject({ outcome: "succeeded", failures: 2, crashes: 1, epoch: 4 });
  });

  it("waits as long as the provider asks", async () => {
    const { run } = await playOneSlot(failing({ class: "throttled", retryAfterMs: 7 * minuteMs }, 1));
    expect(run).toMatchObject({ outcome: "succeeded", endedAt: minute(12) });
  });

  it("may wait longer than the timeout of one attempt", async () => {
    const { run } = await playOneSlot({
      ...failing({ class: "throttled", retryAfterMs: 30 * minuteMs }, 1),
      until: 60,
    });
    expect(run).toMatchObject({ outcome: "succeeded", endedAt: minute(35) });
  });
});

describe("a model call that cannot succeed", () => {
  it.each([
    [{ class: "auth" }, "auth_required", "model_auth"],
    [{ class: "content_filter", categories: ["hate"] }, "failed", "content_filter"],
    [{ class: "too_long" }, "failed", "prompt_too_long"],
    [{ class: "invalid" }, "failed", "model_refused_request"],
  ] as const)("is not tried again: %o ends %s", async (failure, outcome, reason) => {
    const { world, run } = await playOneSlot(failing(failure, 99));
    expect(run).toMatchObject({ outcome, reason });
    expect(world.modelCalls).toHaveLength(1);
  });
});

describe("a model that never answers", () => {
  it("is given up after its time and tried again", async () => {
    const { run } = await playOneSlot({
      model: ({ repeat }) => (repeat === 0 ? { hangs: "until_aborted" } : { text: "At last." }),
    });
    expect(run).toMatchObject({ outcome: "succeeded", failures: 1, crashes: 0 });
  });

  it("is left behind even when it ignores its signal", async () => {
    const { run } = await playOneSlot({
      model: ({ repeat }) => (repeat === 0 ? { hangs: "for_ever" } : { text: "At last." }),
    });
    expect(run).toMatchObject({ outcome: "succeeded", failures: 1 });
  });

  it("ends the run timed_out, and asks no more, when the clock was set right by a part of a second meanwhile", async () => {
    // Found by the simulation, seed 1557: the worker had learned the service's time better while it waited.
    const { run, world } = await playOneSlot({
      model: () => ({ hangs: "until_aborted" }),
      request: { policies: { timeoutSeconds: 90 } },
      clockOf: (service) => ({ ...service, now: () => service.now() - (service.now() > minute(6) ? 700 : 0) }),
    });
    expect(run).toMatchObject({ outcome: "timed_out", epoch: 1, failures: 0 });
    expect(world.modelCalls).toHaveLength(1);
  });

  it("ends the run timed_out when the time of the run is over", async () => {
    const { run, events, world } = await playOneSlot({
      model: () => ({ hangs: "until_aborted" }),
      request: { policies: { timeoutSeconds: 90 } },
    });
    expect(run).toMatchObject({ outcome: "timed_out", endedAt: minute(5) + 90 * secondMs });
    expect(events.map(({ type }) => type)).toEqual(["run_started", "system", "user", "run_finished"]);
    expect(world.modelCalls).toHaveLength(1);
  });
});

describe("an answer", () => {
  it.each([
    [{ text: "" }, "no_output", "empty_answer"],
    [{ text: "Half", finishReason: "content_filter" }, "failed", "content_filter"],
    [{ text: "Half", finishReason: "length" }, "succeeded", undefined],
    [{ text: "Odd", finishReason: "tool_calls" }, "succeeded", undefined],
  ] as const)("%o ends the run %s", async (step, outcome, reason) => {
    const { run } = await playOneSlot({ model: () => step });
    expect([run.outcome, run.reason]).toEqual([outcome, reason]);
  });

  it("counts although the time of the run was over a moment later", async () => {
    const { run } = await playOneSlot({
      model: () => ({ text: "Just in time.", takesMs: 89_999 }),
      request: { policies: { timeoutSeconds: 90 } },
    });
    expect(run.outcome).toBe("succeeded");
  });

  it("may ask for tools at most 20 times", async () => {
    const { world, run } = await playOneSlot({ model: () => ({ tools: ["look_up"] }) });
    expect(run).toMatchObject({ outcome: "failed", reason: "turn_limit", turns: 20, toolCalls: 20 });
    expect(world.modelCalls).toHaveLength(20);
  });
});
