import { describe, expect, it } from "vitest";
import {
  advanced,
  alwaysQueues,
  isPlannedKind,
  sameMarker,
  settled,
  withOpen,
  withoutNext,
} from "../../shared/schedule/gate.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";

describe("the cursor", () => {
  it("moves on with a marker of its own and the run of the slot that it passed", () => {
    const schedule = openSchedule({}, { seq: 6 });
    const moved = advanced(schedule, { next: openSlot(2), shard: 3, opened: openRun({}), skippedLocalTimes: [] });
    expect(moved).toMatchObject({
      next: openSlot(2),
      seq: 7,
      marker: { shard: 3, slot: openSlot(2), seq: 7 },
      open: [openRun({})],
    });
  });

  it("opens no run twice", () => {
    const opened = openRun({ state: "active" });
    const schedule = openSchedule({}, { open: [opened] });
    const again = { next: openSlot(2), shard: 0, opened: openRun({}), skippedLocalTimes: [] };
    expect(advanced(schedule, again).open).toEqual([opened]);
  });

  it("completes the schedule at its end, unless a run is open", () => {
    const end = { next: null, shard: 0, skippedLocalTimes: [] };
    expect(advanced(openSchedule({}), end)).toMatchObject({ status: "completed", next: null, marker: null, seq: 2 });
    expect(advanced(openSchedule({}), { ...end, opened: openRun({}) }).status).toBe("active");
  });

  it("remembers the newest 20 local times that daylight saving time left out", () => {
    const schedule = openSchedule({}, { skippedLocalTimes: Array.from({ length: 20 }, (_, index) => `${index}`) });
    const { skippedLocalTimes } = advanced(schedule, { next: null, shard: 0, skippedLocalTimes: ["a", "b"] });
    expect([skippedLocalTimes.length, skippedLocalTimes[0], skippedLocalTimes.at(-1)]).toEqual([20, "2", "b"]);
  });

  it("is taken away with every marker that exists", () => {
    expect(withoutNext(openSchedule({}, { seq: 6 }))).toMatchObject({ next: null, marker: null, seq: 7 });
  });
});

describe("the gate", () => {
  it.each([
    ["active", [], null, "completed"],
    ["active", [openRun({})], null, "active"],
    ["active", [], openSlot(1), "active"],
    ["paused", [], null, "paused"],
    ["deleted", [], null, "deleted"],
  ] as const)("%s with %o open and next %s is %s", (status, open, next, expected) => {
    expect(settled(openSchedule({}, { status, open: [...open], next })).status).toBe(expected);
  });

  it("tells markers apart by slot, seq and shard", () => {
    const marker = { shard: 1, slot: openSlot(1), seq: 1 };
    expect(sameMarker(marker, { ...marker })).toBe(true);
    expect(sameMarker(null, null)).toBe(true);
    const others = [null, { ...marker, shard: 2 }, { ...marker, slot: openSlot(2) }, { ...marker, seq: 2 }];
    expect(others.map((other) => sameMarker(marker, other))).toEqual([false, false, false, false]);
  });

  it("changes one open run and no other", () => {
    const schedule = openSchedule({}, { open: [openRun({}), openRun({ key: "p1" })] });
    expect(withOpen(schedule, "p1", { state: "buffered" }).open).toEqual([
      openRun({}),
      openRun({ key: "p1", state: "buffered" }),
    ]);
  });

  it("knows four kinds of runs", () => {
    const kinds = ["planned", "catchup", "manual", "backfill"] as const;
    expect(kinds.map(isPlannedKind)).toEqual([true, true, false, false]);
    expect(kinds.map(alwaysQueues)).toEqual([false, true, false, true]);
  });
});
