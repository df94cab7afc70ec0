import { describe, expect, it } from "vitest";
import { conversationIdFor, newRun } from "../../shared/protocol/materialise.ts";
import { newNotice } from "../../shared/runs/notice.ts";
import { notificationOf } from "../../shared/runs/notification.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso } from "../support/world.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import { eventsTold, notifyUrl } from "../support/world-telling.ts";

describe("a schedule whose slots nobody has looked for", () => {
  const everyTen = { every_minutes: 10, start_at: minuteIso(10), end_at: minuteIso(70) };

  /** The timer stands still from minute 15 to 46: the slots of minutes 20, 30 and 40 are found late. */
  async function playSilence(policies: Partial<Policies>, told: Partial<ScheduleRequest> = { notifyUrl }) {
    const world = createWorld({ workers: 4 });
    const schedule = await world.schedule({ timing: everyTen, policies, ...told });
    world.at(minute(15), async () => {
      world.switches.ticking = false;
    });
    world.at(minute(46), async () => {
      world.switches.ticking = true;
    });
    await world.advanceTo(minute(90));
    return { world, runs: await runsIn(world, schedule) };
  }

  it.each([
    ["none", "20", "was silent: the slots from .*07:20.* to .*07:40.* were missed\\."],
    ["one", "20", "was silent: the slots from .*07:20.* to .*07:30.* were missed\\."],
    ["all", "20", "was silent: the run of .*07:20.* begins 26 minutes late\\."],
  ] as const)("is told once, with catch_up %s, at the slot of minute %s", async (catchUp, slot, title) => {
    const { world, runs } = await playSilence({ catchUp });
    expect(eventsTold(world)).toEqual(["schedule_silent"]);
    const told = runs.filter(({ notices }) => notices !== undefined);
    expect(told).toMatchObject([{ slot: minute(Number(slot)), notices: [{ state: "delivered" }] }]);
    const { type, data } = JSON.parse(world.letters[0]?.body ?? "");
    expect(type).toBe("schedule.silent");
    expect(data).toMatchObject({ noticed_at: minuteIso(46), schedule_name: "Morning report" });
    const schedule = await scheduleIn(world, { id: runs[0]!.scheduleId });
    expect(notificationOf(told[0]!, newNotice("schedule_silent"), schedule).title).toMatch(new RegExp(title));
  });

  it("is told again after the next silence", async () => {
    const world = createWorld();
    const schedule = await world.schedule({ timing: everyTen, policies: { catchUp: "none" }, notifyUrl });
    for (const [from, until] of [
      [15, 27],
      [45, 57],
    ] as const) {
      world.at(minute(from), async () => {
        world.switches.ticking = false;
      });
      world.at(minute(until), async () => {
        world.switches.ticking = true;
      });
    }
    await world.advanceTo(minute(90));
    expect(eventsTold(world)).toEqual(["schedule_silent", "schedule_silent"]);
    expect(await outcomesIn(world, schedule)).toEqual([
      "succeeded",
      "missed: not_dispatched_in_time",
      "succeeded",
      "succeeded",
      "missed: not_dispatched_in_time",
      "succeeded",
      "succeeded",
    ]);
  });

  it("is told to nobody with never, and is none while it is paused", async () => {
    expect((await playSilence({}, { notifyUrl, notify: "never" })).world.letters).toEqual([]);
    const world = createWorld();
    const schedule = await world.schedule({ timing: everyTen, notifyUrl });
    world.switches.ticking = false;
    world.at(minute(12), () => world.update({ id: schedule.id, change: {}, status: "paused" }));
    await world.advanceTo(minute(60));
    expect(eventsTold(world)).toEqual([]);
  });
});

it("is told also where a Scheduler has reported the work before anybody dispatched its slot", async () => {
  const world = createWorld({ scheduler: { callbacks: () => [] } });
  const schedule = await world.schedule({ timing: { run_at: minuteIso(10) }, policies: { catchUp: "one" }, notifyUrl });
  await world.advanceTo(minute(9));
  const { value } = (await world.ports.schedules.read(schedule.id))!;
  const entry = {
    key: "p",
    slot: minute(10),
    kind: "planned",
    state: "pending",
    conversationId: "c",
    openedAt: 0,
  } as const;
  const report = { status: "completed", content: "All done.", at: minute(9) } as const;
  const key = plannedRunKey(minute(10));
  const conversationId = conversationIdFor(value, key);
  await world.ports.runs.create({ ...newRun(value, { ...entry, key, conversationId }, minute(9)), report });
  world.switches.ticking = false;
  await world.advanceTo(minute(30));
  world.switches.ticking = true;
  await world.advanceTo(minute(40));
  expect(await outcomesIn(world, schedule)).toEqual(["succeeded: reported"]);
  expect(eventsTold(world)).toEqual(["schedule_silent"]);
});
