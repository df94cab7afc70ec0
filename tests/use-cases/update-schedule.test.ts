import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createUpdateSchedule, type UpdateRequest } from "../../shared/use-cases/update-schedule.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "../support/world.ts";
import { createInvariants } from "../support/world-invariants.ts";
import { brokenPromises } from "../support/world-promises.ts";
import { outcomesIn, runsIn, scheduleIn } from "../support/world-state.ts";
import type { Fault, Step } from "../support/world-steps.ts";

type Change = Partial<Omit<UpdateRequest, "id">>;

const to = (minutes: number): Change => ({ change: { timing: { run_at: minuteIso(minutes) } } });
const pause: Change = { status: "paused", reason: "Holidays" };
const resume: Change = { status: "active" };
const rename: Change = { change: { name: "Evening report", prompt: "And now?" } };
const everyTwo = { timing: { every_minutes: 2, start_at: minuteIso(3), end_at: minuteIso(9) } };

function update(world: World, id: string, change: Change, owner = localPrincipal.owner) {
  const updateSchedule = createUpdateSchedule(world.ports, world.toolbox, { minimumIntervalSeconds: 60 });
  return updateSchedule({ owner, name: "" }, { id, change: {}, ...change });
}

/** A world whose schedule is changed at given minutes, watched at every step. */
async function play(
  request: Parameters<World["schedule"]>[0],
  edits: readonly (readonly [minute: number, change: Change])[],
  options: WorldOptions & {
    readonly until?: number;
    readonly licences?: number;
    readonly slots?: readonly number[];
  } = {},
) {
  const { until = 60, slots = [], licences = 0, ...worldOptions } = options;
  const { observe, violations } = createInvariants();
  const world: World = createWorld({ observe: (step) => observe(world, step, schedule.id), ...worldOptions });
  const schedule = await world.schedule(request);
  const refused: unknown[] = [];
  for (const [at, change] of edits) {
    world.at(minute(at), () => update(world, schedule.id, change).catch((thrown: unknown) => refused.push(thrown)));
  }
  await world.advanceTo(minute(until));
  const broken = await brokenPromises(world, schedule, { slots: slots.map(minute), licences });
  return { world, schedule, refused, broken: [...violations, ...broken] };
}

const slotsOf = async (world: World, schedule: { readonly id: string }) =>
  (await runsIn(world, schedule)).map(({ slot, outcome, reason }) => [
    (slot - minute(0)) / 60_000,
    [outcome, reason].filter(Boolean).join(": "),
  ]);

describe("an edit of a schedule", () => {
  it("moves a slot that was dispatched already: the old run is superseded, the new one runs", async () => {
    const { world, schedule, broken } = await play({ timing: { run_at: minuteIso(3) } }, [[2, to(4)]], {
      slots: [3, 4],
    });
    expect(await slotsOf(world, schedule)).toEqual([
      [3, "cancelled: superseded"],
      [4, "succeeded"],
    ]);
    expect(broken).toEqual([]);
  });

  it("there and back runs the slot once", async () => {
    const { world, schedule, broken } = await play(
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
    const { world, broken } = await play({ timing: { run_at: minuteIso(3) } }, [[2.5, rename]], { slots: [3] });
    expect(world.modelCalls[0]?.request.messages.at(-1)).toMatchObject({ text: "And now?" });
    const calls = world.steps
      .filter(({ process }) => process.kind === "user")
      .map(({ kind, name }) => `${kind} ${name.split("/")[0]}`);
    expect(calls).toEqual(["read schedules", "write schedules"]);
    expect(broken).toEqual([]);
  });

  it("leaves a run alone that is going on, and plans what follows anew", async () => {
    const { world, schedule, broken } = await play(
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

describe("pausing and resuming", () => {
  it("inside the look-ahead lets the dispatched run start when its time comes", async () => {
    const edits = [
      [2, pause],
      [2.5, resume],
    ] as const;
    const { world, schedule, broken } = await play({ timing: { run_at: minuteIso(3) } }, edits, { slots: [3] });
    expect(await outcomesIn(world, schedule)).toEqual(["succeeded"]);
    expect(broken).toEqual([]);
  });

  it("starts nothing in between, and says why", async () => {
    const { world, schedule, broken } = await play(
      everyTwo,
      [
        [4, pause],
        [8, resume],
      ],
      { slots: [3, 5, 9] },
    );
    expect(await slotsOf(world, schedule)).toEqual([
      [3, "succeeded"],
      [5, "cancelled: superseded"],
      [9, "succeeded"],
    ]);
    expect(broken).toEqual([]);
  });

  it("keeps reason and moment until it is resumed, and clears the failures", async () => {
    const world = createWorld({ model: () => ({ text: "" }) });
    const schedule = await world.schedule({ ...everyTwo, policies: { pauseAfterFailures: 2 } });
    await world.advanceTo(minute(6));
    expect(await scheduleIn(world, schedule)).toMatchObject({ status: "paused", failures: 2 });
    expect((await update(world, schedule.id, pause)).schedule).toMatchObject({ pauseReason: "Holidays", failures: 2 });
    await world.advanceTo(minute(6.5));
    expect((await update(world, schedule.id, resume)).schedule).toMatchObject({ failures: 0, next: minute(7) });
    await world.advanceTo(minute(60));
    expect(await outcomesIn(world, schedule)).toEqual(Array(4).fill("no_output: empty_answer"));
  });

  it("after an outage settles the overdue slots first: nothing vanishes", async () => {
    const { observe, violations } = createInvariants();
    const world: World = createWorld({ observe: (step) => observe(world, step, schedule.id) });
    const schedule = await world.schedule({
      timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(45) },
    });
    world.switches.ticking = false;
    await world.advanceTo(minute(31));
    await update(world, schedule.id, pause);
    world.switches.ticking = true;
    await world.advanceTo(minute(40));
    await update(world, schedule.id, resume);
    await world.advanceTo(minute(90));
    expect(await slotsOf(world, schedule)).toEqual([
      [5, "missed: not_dispatched_in_time"],
      [25, "cancelled: superseded"],
      [45, "succeeded"],
    ]);
    const slots = [5, 15, 25, 45].map(minute);
    expect([...violations, ...(await brokenPromises(world, schedule, { slots, licences: 0 }))]).toEqual([]);
  });

  it("works although more slots are due than runs may be open: the rest is recorded as missed", async () => {
    const world = createWorld();
    const schedule = await world.schedule({
      timing: { every_minutes: 1, start_at: minuteIso(5), end_at: minuteIso(320) },
      policies: { catchUp: "all" },
    });
    world.switches.ticking = world.switches.delivering = false;
    await world.advanceTo(minute(300));
    await expect(update(world, schedule.id, to(400))).rejects.toMatchObject({ details: { field: "end_at" } });
    const moved: Change = { change: { timing: { every_minutes: 3 } } };
    await expect(update(world, schedule.id, moved)).rejects.toMatchObject({ details: { reason: "busy" } });
    expect((await update(world, schedule.id, rename)).schedule).toMatchObject({
      definition: { name: "Evening report" },
    });
    expect((await update(world, schedule.id, pause)).schedule).toMatchObject({ status: "paused" });
    world.switches.ticking = world.switches.delivering = true;
    await world.advanceTo(minute(330));
    await update(world, schedule.id, resume);
    const slots = Array.from({ length: 295 }, (_, index) => minute(5 + index));
    expect(await brokenPromises(world, schedule, { slots, licences: 0 })).toEqual([]);
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
      const played = await play({ timing: { run_at: minuteIso(3) } }, edits, { ...options, slots: [4] });
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
      const { world, schedule, refused, broken } = await play({ timing: { run_at: minuteIso(3) } }, edits, options);
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
      const { broken, refused } = await play(everyTwo, edits, { ...options, model });
      expect([broken, refused]).toEqual([[], []]);
    }
  });
});

describe("a process that dies while it edits a schedule", () => {
  const scenarios: readonly (readonly [string, Change, slots: readonly number[]])[] = [
    ["moves a dispatched slot into the look-ahead", to(4), [3, 4]],
    ["moves a dispatched slot far away", to(30), [3, 30]],
    ["pauses", pause, [3]],
    ["changes texts", rename, [3]],
  ];
  const faults: readonly Fault[] = [
    { kind: "crash_before" },
    { kind: "crash_after" },
    { kind: "reply_lost" },
    { kind: "error_before" },
    { kind: "error_after" },
    { kind: "freeze_before", milliseconds: 100_000 },
    { kind: "freeze_after", milliseconds: 100_000 },
    { kind: "freeze_before", milliseconds: 1_000_000 },
    { kind: "freeze_after", milliseconds: 1_000_000 },
  ];

  describe.each(scenarios)("%s", (_, change, slots) => {
    it.each(faults)("leaves nothing that ticks and a repeat do not mend, whichever call meets %o", async (fault) => {
      const calm = await playEdit(change, slots, () => undefined);
      const told = [...calm.broken];
      const steps = calm.world.steps.filter(({ process }) => process.kind === "user");
      for (const { number, kind, name } of steps) {
        const { broken } = await playEdit(change, slots, (step) => (step.number === number ? fault : undefined));
        told.push(...broken.map((promise) => `${kind} ${name}: ${promise}`));
      }
      expect(told).toEqual([]);
      expect(steps.length).toBeGreaterThan(1);
    });
  });

  it.each(faults)(
    "leaves a schedule that still fires when nobody repeats the edit, whichever call meets %o",
    async (fault) => {
      const told: string[] = [];
      for (const [change, slot] of [
        [to(4), 8],
        [to(30), 8],
        [to(30), 3],
      ] as const) {
        const { world } = await playEdit(change, [], () => undefined, { slot, isRepeated: false });
        for (const { number, kind, name } of world.steps.filter(({ process }) => process.kind === "user")) {
          const plan = (step: Step) => (step.number === number ? fault : undefined);
          const { broken, outcomes } = await playEdit(change, [], plan, { slot, isRepeated: false });
          if (!outcomes.includes("succeeded")) broken.push("no run succeeded");
          told.push(...broken.map((promise) => `${kind} ${name}: ${promise}`));
        }
      }
      expect(told).toEqual([]);
    },
  );

  /** The slot at minute 3 is dispatched when the edit comes; who got no answer asks again. */
  async function playEdit(
    change: Change,
    slots: readonly number[],
    planFault: (step: Step) => Fault | undefined,
    { slot = 3, isRepeated = true } = {},
  ) {
    const { observe, violations } = createInvariants();
    const world: World = createWorld({ planFault, observe: (step) => observe(world, step, schedule.id) });
    const schedule = await world.schedule({ timing: { run_at: minuteIso(slot) } });
    let isAnswered = false;
    world.at(minute(2.2), async () => {
      await update(world, schedule.id, change);
      isAnswered = true;
    });
    await world.advanceTo(minute(2.8));
    if (!isAnswered && isRepeated) await update(world, schedule.id, change);
    await world.advanceTo(minute(20));
    if (change === pause) await update(world, schedule.id, to(40));
    if (change === pause) await update(world, schedule.id, resume);
    await world.advanceTo(minute(90));
    const broken = await brokenPromises(world, schedule, { slots: slots.map(minute), licences: 0 });
    return { world, outcomes: await outcomesIn(world, schedule), broken: [...violations, ...broken] };
  }
});
