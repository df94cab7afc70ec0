import { describe, expect, it } from "vitest";
import { released } from "../../shared/schedule/release.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";

const now = openSlot(0) + 1;
const active = openRun({ state: "active" });
const waiting = (number: number, openedAt: number) =>
  openRun({ key: `p${number}`, slot: openSlot(0), state: "buffered", openedAt });

describe("the release of a run that has ended", () => {
  it.each([
    ["succeeded", 0],
    ["cancelled", 4],
    ["failed", 5],
    ["timed_out", 5],
    ["no_output", 5],
    ["auth_required", 5],
    ["budget_exceeded", 5],
  ])("after 4 failures in a row, %s makes %i", (outcome, failures) => {
    const schedule = openSchedule({}, { open: [active], failures: 4, finished: 7 });
    const { schedule: after, wake } = released(schedule, active.key, outcome, now);
    expect(after).toMatchObject({ open: [], failures, finished: 8, status: "active" });
    expect(wake).toEqual([]);
  });

  it("does not count a run that was never admitted", () => {
    const refused = openRun({ state: "refused" });
    const { schedule } = released(
      openSchedule({}, { open: [refused], failures: 4 }),
      refused.key,
      "skipped_overlap",
      now,
    );
    expect(schedule).toMatchObject({ open: [], failures: 4, finished: 0 });
  });

  it("changes nothing when it was done already", () => {
    const schedule = openSchedule({}, { open: [active] });
    expect(released(schedule, "p7", "failed", now)).toEqual({ schedule, wake: [] });
  });

  it("completes the schedule only when nothing is left to come and nothing is open", () => {
    const last = { next: null, marker: null };
    const one = openSchedule({}, { ...last, open: [active] });
    expect(released(one, active.key, "succeeded", now).schedule.status).toBe("completed");
    const two = openSchedule({}, { ...last, open: [active, openRun({ key: "p5" })] });
    expect(released(two, active.key, "succeeded", now).schedule.status).toBe("active");
    const more = openSchedule({}, { open: [active] });
    expect(released(more, active.key, "succeeded", now).schedule.status).toBe("active");
  });

  it("leaves a deleted schedule deleted and wakes nobody", () => {
    const schedule = openSchedule({}, { status: "deleted", next: null, marker: null, open: [active, waiting(1, 1)] });
    const { schedule: after, wake } = released(schedule, active.key, "cancelled", now);
    expect(after).toMatchObject({ status: "deleted", finished: 0, open: [{ key: "p1", state: "buffered" }] });
    expect(wake).toEqual([]);
  });
});

describe("pause_after_failures", () => {
  const failing = (pauseAfterFailures: number, next = openSlot(1)) =>
    released(openSchedule({ pauseAfterFailures }, { open: [active], failures: 1, next }), active.key, "failed", now)
      .schedule;

  it("pauses the schedule when so many runs in a row have failed, and plans nothing more", () => {
    expect(failing(2)).toMatchObject({ status: "paused", pausedAt: now, next: null, marker: null, seq: 2 });
  });

  it("does not pause before that, and never when it is 0", () => {
    expect([failing(3).status, failing(0).status]).toEqual(["active", "active"]);
  });

  it("leaves slots owed that were due already", () => {
    expect(failing(2, openSlot(0))).toMatchObject({ status: "paused", next: openSlot(0), seq: 1 });
  });
});

describe("the oldest waiting run", () => {
  it("is let in, counted and woken", () => {
    const open = [active, waiting(3, 30), waiting(2, 20), waiting(4, 40)];
    const { schedule, wake } = released(openSchedule({}, { open, counted: 1 }), active.key, "succeeded", now);
    expect(wake).toEqual(["p2"]);
    expect(schedule.counted).toBe(2);
    expect(schedule.open.find(({ key }) => key === "p2")).toMatchObject({ state: "active", promoted: true });
  });

  it("stays where it is while another run is going on", () => {
    const open = [active, openRun({ key: "p8", state: "active" }), waiting(2, 20)];
    expect(released(openSchedule({}, { open }), active.key, "succeeded", now).wake).toEqual([]);
  });

  it("waits for nobody once the schedule allows all runs at a time", () => {
    const open = [active, openRun({ key: "p8", state: "active" }), waiting(2, 20)];
    const schedule = openSchedule({ overlap: "allow_all" }, { open });
    expect(released(schedule, active.key, "succeeded", now).wake).toEqual(["p2"]);
  });

  it("is judged again by itself when it may not start any more", () => {
    const open = [active, waiting(2, 20)];
    const { schedule, wake } = released(openSchedule({}, { open, status: "paused" }), active.key, "succeeded", now);
    expect(wake).toEqual(["p2"]);
    expect(schedule).toMatchObject({ counted: 0, open: [{ key: "p2", state: "pending" }] });
  });
});
