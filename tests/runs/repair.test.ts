import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { decideRepair } from "../../shared/runs/repair.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";
import { sampleRun } from "../support/sample-records.ts";

describe("a run in the buffer, five minutes after its start", () => {
  const buffered = openRun({ state: "buffered" });
  const open = [openRun({ key: "p8", state: "active" }), buffered];
  const now = openSlot(0) + 5 * minuteMs + 1;

  it("is left alone behind a run that is going on", () => {
    expect(decideRepair(openSchedule({}, { open }), buffered, sampleRun(), now)).toBe("none");
  });

  it("is woken behind nobody, and once its schedule allows all runs at a time", () => {
    expect(decideRepair(openSchedule({}, { open: [buffered] }), buffered, sampleRun(), now)).toBe("wake");
    expect(decideRepair(openSchedule({ overlap: "allow_all" }, { open }), buffered, sampleRun(), now)).toBe("wake");
  });
});
