import { describe, expect, it } from "vitest";
import { approvalExpiry, approvalId, isPastApproval, parseApprovalId } from "../../shared/runs/approval.ts";
import { sampleId, sampleRun, sampleSlot } from "../support/sample-records.ts";

describe("the id of a request for approval", () => {
  it.each(["p1796108400", "m7f-a.1796108400"])("is that of its run and a step: %s", (key) => {
    const reference = { scheduleId: sampleId(1), key, step: 7 };
    expect(approvalId(reference)).toBe(`${sampleId(1)}.${key}.7`);
    expect(parseApprovalId(approvalId(reference))).toEqual(reference);
  });

  it.each(["", ".", "x.7", "RUN", "RUN.", "RUN.x", "RUN.-1", "RUN.07", "RUN.1234567", "RUN.1e3", "RUN. 7", "RUN.7.7"])(
    "is none of %j",
    (pattern) => {
      expect(parseApprovalId(pattern.replace("RUN", `${sampleId(1)}.p1796108400`))).toBeUndefined();
    },
  );
});

describe("a request", () => {
  const day = 86_400_000;

  it("expires after a day, in a chat after ten minutes, and never later than the setting says", () => {
    expect(approvalExpiry({ kind: "planned" }, sampleSlot, day)).toBe(sampleSlot + day);
    expect(approvalExpiry({ kind: "chat" }, sampleSlot, day)).toBe(sampleSlot + 600_000);
    expect(approvalExpiry({ kind: "chat" }, sampleSlot, 1000)).toBe(sampleSlot + 1000);
  });

  const waiting = { step: 4, expiresAt: sampleSlot };
  const decision = { step: 4, approve: true, by: "owner", at: sampleSlot } as const;

  it.each([
    ["of no run", undefined, true],
    ["of a run that has ended", sampleRun({ state: "ended", waiting }), true],
    ["that the run waits with", sampleRun({ state: "waiting_approval", waiting }), false],
    ["that the run is about to wait with", sampleRun({ state: "running" }), false],
    ["after one that was decided", sampleRun({ state: "running", decision: { ...decision, step: 2 } }), false],
    ["that was decided", sampleRun({ state: "queued", decision }), true],
    ["before the one that the run waits with", sampleRun({ waiting: { ...waiting, step: 9 } }), true],
  ])("%s is past: %#", (_which, run, isPast) => {
    expect(isPastApproval(run, 4)).toBe(isPast);
  });
});
