import { describe, expect, it } from "vitest";
import { minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { runId } from "../../shared/runs/run.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createHandlePoisonedMessage } from "../../shared/use-cases/handle-poisoned-message.ts";
import { createWorld, minute, minuteIso, type WorldOptions } from "../support/world.ts";
import { approvalIn, askingRequest, playAsking } from "../support/world-asking.ts";
import { playOneSlot, readOneRun } from "../support/world-one-slot.ts";
import type { ReceiverStep } from "../support/world-receiver.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { eventsTold, notifyUrl, tellingRequest } from "../support/world-telling.ts";

/** What receivers do with the first letters; they take all that come after. */
function first(...steps: readonly ReceiverStep[]): NonNullable<WorldOptions["receiver"]> {
  let count = 0;
  return () => steps[count++] ?? "takes";
}

describe("a run that has ended", () => {
  it("is told once, at the schedule's address, and its record says so", async () => {
    const { world, run } = await playOneSlot({ request: tellingRequest });
    expect(world.letters).toMatchObject([
      { url: notifyUrl, isOperators: false, id: expect.stringMatching(/_run_finished$/) },
    ]);
    expect(JSON.parse(world.letters[0]?.body ?? "")).toMatchObject({
      type: "run.finished",
      data: { outcome: "succeeded", answer: "Done." },
    });
    expect(run.notices).toMatchObject([{ event: "run_finished", state: "delivered", attempts: 1, status: 204 }]);
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "notification.delivered" }));
  });

  it("is told at the operator's address, in the operator's format, where the schedule names none", async () => {
    const notify = { url: "https://operator.contoso.com/", format: "slack", takesUrls: true, isLocal: false } as const;
    const { world } = await playOneSlot({ request: { notify: "always" }, settings: { notify } });
    expect(world.letters).toMatchObject([
      { url: notify.url, isOperators: true, body: expect.stringContaining('"blocks"') },
    ]);
  });

  it("is not told when nobody said where, and its record is as ever", async () => {
    const { world, run } = await playOneSlot({ request: { notify: "always" } });
    expect(world.letters).toEqual([]);
    expect(run).not.toHaveProperty("notices");
  });

  it("is told when it was skipped, cancelled or missed, with always", async () => {
    const world = createWorld({ workers: 2, model: () => ({ text: "Done.", takesMs: 150_000 }) });
    const schedule = await world.schedule({
      timing: { every_minutes: 2, start_at: minuteIso(2) },
      policies: { catchUp: "none" },
      ...tellingRequest,
    });
    const [at2, at6] = [2, 6].map((slot) => runId({ scheduleId: schedule.id, key: plannedRunKey(minute(slot)) }));
    world.at(minute(6.5), () => world.cancel(at6 ?? ""));
    world.at(minute(7), () => world.update({ id: schedule.id, change: {}, status: "paused" }));
    await world.advanceTo(minute(20));
    const missing = createWorld();
    const missed = await missing.schedule({
      timing: { run_at: minuteIso(3) },
      policies: { catchUp: "none" },
      ...tellingRequest,
    });
    missing.switches.ticking = false;
    missing.at(minute(20), async () => {
      missing.switches.ticking = true;
    });
    await missing.advanceTo(minute(30));
    for (const [told, its] of [
      [world, schedule],
      [missing, missed],
    ] as const) {
      const runs = await runsIn(told, its);
      const ends = runs.map(({ notices = [] }) => notices.filter(({ event }) => event === "run_finished"));
      expect(ends).toEqual(runs.map(() => [expect.objectContaining({ state: "delivered" })]));
    }
    expect(world.letters.map(({ body }) => JSON.parse(body).data.run_id)).toContain(at2);
    expect(new Set(await outcomesIn(world, schedule))).toEqual(
      new Set(["succeeded", "skipped_overlap: overlap", "cancelled: cancelled_by_caller", "cancelled: superseded"]),
    );
    expect(await outcomesIn(missing, missed)).toEqual(["missed: not_dispatched_in_time"]);
  });
});

describe("a receiver", () => {
  it.each(["refuses", "hangs", "dies"] as const)(
    "that %s at first gets it again, under the same id and with the same body",
    async (step) => {
      const { world, run } = await playOneSlot({ request: tellingRequest, receiver: first(step, step) });
      expect(run.notices).toMatchObject([{ state: "delivered", attempts: 3 }]);
      expect(new Set(world.letters.map(({ id, body }) => id + body)).size).toBe(1);
      expect(world.letters).toHaveLength(step === "dies" ? 3 : 1);
    },
  );

  it("that never answers holds no run up, and becomes a dead letter that the record and the log keep", async () => {
    const world = createWorld({ receiver: () => "hangs" });
    const timing = { every_minutes: 2, start_at: minuteIso(2), end_at: minuteIso(8) };
    const schedule = await world.schedule({ timing, ...tellingRequest });
    await world.advanceTo(minute(10));
    const runs = await runsIn(world, schedule);
    expect(runs.map(({ endedAt = 0, slot }) => endedAt - slot)).toEqual([0, 0, 0, 0]);
    await world.advanceTo(minute(10) + 5 * 60 * minuteMs);
    const dead = { state: "failed", attempts: 7, problem: "timed_out" };
    expect((await runsIn(world, schedule)).map(({ notices }) => notices?.[0])).toEqual(
      runs.map(() => expect.objectContaining(dead)),
    );
    const failed = world.recorded.filter(({ name }) => name === "notification.failed");
    expect(failed).toHaveLength(4);
    expect(failed[0]).toMatchObject({ level: "error", fields: { attempts: 7, problem: "timed_out" } });
    expect(world.host.unfinished()).toEqual([]);
  });

  it("that others keep busy gets it a moment later, and no attempt is counted", async () => {
    const { world, run } = await playOneSlot({ request: tellingRequest, receiver: first("busy", "busy") });
    expect(run.notices).toMatchObject([{ state: "delivered", attempts: 1, at: minute(5) + 20 * secondMs }]);
    expect(world.letters).toHaveLength(1);
  });

  it("that is gone is not asked again", async () => {
    const { run } = await playOneSlot({ request: tellingRequest, receiver: () => "is gone" });
    expect(run.notices).toMatchObject([{ state: "failed", attempts: 1, problem: "gone", status: 410 }]);
  });

  it("that lost its address before it was told is no receiver any more", async () => {
    const world = createWorld({ receiver: () => "refuses" });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(5) }, ...tellingRequest });
    await world.advanceTo(minute(5) + 5 * secondMs);
    await world.update({ id: schedule.id, change: { clear: ["notify_url"] } });
    await world.advanceTo(minute(7));
    expect((await readOneRun(world, schedule)).run.notices).toMatchObject([{ state: "failed", problem: "no_address" }]);
  });
});

describe("a request for approval", () => {
  it("is told when the run begins to wait, and the end later", async () => {
    const { world } = await playAsking({ tools: ["send"] }, askingRequest({}, tellingRequest));
    expect(eventsTold(world)).toEqual([expect.stringMatching(/^approval_requested_\d+$/)]);
    expect(JSON.parse(world.letters[0]?.body ?? "")).toMatchObject({
      type: "approval.requested",
      data: { approval_id: await approvalIn(world), tools: ["send"] },
    });
    await world.decide({ id: await approvalIn(world), approve: true });
    await world.advanceTo(minute(15));
    expect(eventsTold(world)).toEqual([expect.stringMatching(/^approval_requested_\d+$/), "run_finished"]);
  });

  it("that is decided before a receiver took it is outdated", async () => {
    const options = { receiver: first("refuses", "refuses", "refuses") };
    const { world, schedule } = await playAsking({ tools: ["send"] }, askingRequest({}, tellingRequest), options);
    await world.decide({ id: await approvalIn(world), approve: false });
    await world.advanceTo(minute(30));
    const { run } = await readOneRun(world, schedule);
    expect(run.notices).toMatchObject([
      { event: "approval_requested", state: "outdated" },
      { event: "run_finished", state: "delivered" },
    ]);
  });
});

describe("a schedule that its failures pause", () => {
  it("is told once, beside the failure that did it", async () => {
    const world = createWorld({ model: () => ({ fails: { class: "invalid" } }) });
    const timing = { every_minutes: 2, start_at: minuteIso(2) };
    await world.schedule({ timing, policies: { pauseAfterFailures: 2 }, notifyUrl });
    await world.advanceTo(minute(20));
    expect(eventsTold(world)).toEqual(["run_finished", "run_finished", "schedule_paused"]);
  });

  it("that is resumed and fails again is told again", async () => {
    const world = createWorld({ model: () => ({ fails: { class: "invalid" } }) });
    const timing = { every_minutes: 2, start_at: minuteIso(2) };
    const schedule = await world.schedule({ timing, policies: { pauseAfterFailures: 1 }, notifyUrl });
    await world.advanceTo(minute(5));
    expect(await scheduleIn(world, schedule)).toMatchObject({ pausedBy: plannedRunKey(minute(2)) });
    await world.update({ id: schedule.id, change: {}, status: "active" });
    expect(await scheduleIn(world, schedule)).not.toHaveProperty("pausedBy");
    await world.advanceTo(minute(20));
    expect(eventsTold(world)).toEqual(["run_finished", "schedule_paused", "run_finished", "schedule_paused"]);
  });
});

describe("a message about a notification that the queue gives up", () => {
  it("leaves a dead letter, and the run as it was", async () => {
    const { world, schedule, run } = await playOneSlot({
      request: tellingRequest,
      receiver: () => "refuses",
      until: 5.1,
    });
    await createHandlePoisonedMessage(world.ports)({ v: 1, scheduleId: schedule.id, key: run.key, notify: true });
    const after = (await readOneRun(world, schedule)).run;
    expect(after).toMatchObject({
      outcome: "succeeded",
      crashes: 0,
      notices: [{ state: "failed", problem: "poison" }],
    });
    expect(world.recorded).toContainEqual(expect.objectContaining({ name: "notification.failed", level: "error" }));
  });
});
