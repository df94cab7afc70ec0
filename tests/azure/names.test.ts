import { describe, expect, it } from "vitest";
import {
  approvalName,
  headName,
  historyName,
  historyStretches,
  markerName,
  parseApprovalName,
  parseConversationName,
  parseHistoryName,
  parseMarkerName,
  parseRunName,
  parseScheduleName,
  runName,
  scheduleName,
  segmentName,
} from "../../shared/azure/storage/names.ts";

const id = "0a1b-00000000-0000-7000-8000-000000000001";
const slot = Date.parse("2026-12-01T07:00:00Z");

describe("blob names", () => {
  it("have the layout of docs and tools", () => {
    expect(scheduleName(id)).toBe(`schedules/0a1b/${id}.json`);
    expect(markerName(id, { shard: 3, slot, seq: 12 })).toBe(`due/3/001796108400_${id}_12`);
    expect(runName({ scheduleId: id, key: "p1796108400" })).toBe(`runs/0a1b/${id}/998203891599_p1796108400.json`);
    expect(runName({ scheduleId: id, key: "m7f-a.1796108400" })).toBe(
      `runs/0a1b/${id}/998203891599_m7f-a.1796108400.json`,
    );
    expect(historyName({ scheduleId: id, key: "p1796108400", outcome: "no_output", endedAt: slot + 5 })).toBe(
      `history/0a1b/8203891599994_no_output_${id}_p1796108400`,
    );
    expect(approvalName({ scheduleId: id, key: "m7f-a.1796108400", step: 4 })).toBe(
      `approvals/0a1b/${id}_m7f-a.1796108400_000004.json`,
    );
    expect(headName(id)).toBe(`conversations/0a1b/${id}/head.json`);
    expect(segmentName(id, 7)).toBe(`conversations/0a1b/${id}/000007.jsonl`);
  });

  it("can be read back", () => {
    expect(parseScheduleName(scheduleName(id))).toBe(id);
    const marker = { shard: 3, slot, seq: 12 };
    expect(parseMarkerName(markerName(id, marker))).toEqual({ scheduleId: id, marker });
    for (const key of ["p1796108400", "m7f-a.1796108400", "b00000000-0000-8000-8000-000000000001.0"]) {
      expect(parseRunName(runName({ scheduleId: id, key }))).toEqual({ scheduleId: id, key });
    }
    for (const key of ["p1796108400", "m7f-a.1796108400"]) {
      const approval = { scheduleId: id, key, step: 12 };
      expect(parseApprovalName(approvalName(approval))).toEqual(approval);
    }
    const entry = { scheduleId: id, key: "p1796108400", outcome: "skipped_overlap", endedAt: slot + 5 } as const;
    expect(parseHistoryName(historyName(entry))).toEqual(entry);
    expect(parseHistoryName(historyName(entry, "unusual"), "unusual")).toEqual(entry);
    expect(parseHistoryName(historyName(entry, "unusual"))).toBeUndefined();
    expect(parseConversationName(headName(id))).toEqual({ id });
    expect(parseConversationName(segmentName(id, 7))).toEqual({ id, segment: 7 });
  });

  it("part the history into stretches that hold every end of a time, newest first", () => {
    const month = { from: Date.parse("2026-12-01T00:00:00Z"), until: Date.parse("2027-01-01T00:00:00Z") };
    const stretches = historyStretches("0a1b", month);
    expect(stretches).toEqual([...stretches].sort());
    expect(stretches.length).toBeLessThanOrEqual(4);
    for (const endedAt of [month.from, month.from + 13 * 86_400_000, month.until - 1]) {
      const name = historyName({ scheduleId: id, key: "p1", outcome: "failed", endedAt });
      expect(stretches.filter((prefix) => name.startsWith(prefix))).toHaveLength(1);
    }
    expect(historyStretches("0a1b", { from: slot, until: slot }, "unusual")).toEqual(["unusual/0a1b/8203"]);
  });

  it("order markers by slot, runs and history newest first", () => {
    const markers = [9_000, slot, slot + 1000].map((at) => markerName(id, { shard: 0, slot: at, seq: 1 }));
    expect([...markers].sort()).toEqual(markers);
    const runs = ["p1796108401", "m1.1796108400", "p999"].map((key) => runName({ scheduleId: id, key }));
    expect([...runs].sort()).toEqual(runs);
    const ends = [slot + 2, slot, 5].map((endedAt) =>
      historyName({ scheduleId: id, key: "p1", outcome: "failed", endedAt }),
    );
    expect([...ends].sort()).toEqual(ends);
  });

  it.each([
    `schedules/other/${id}.json`,
    `schedules/0a1b/${id}`,
    `schedules/0a1b/../${id}.json`,
    "schedules/0a1b/x.json",
    `due/3/1796108400_${id}_12`,
    "due/3/001796108400_x_12",
    `runs/0a1b/${id}/998203891598_p1796108400.json`,
    `runs/0a1b/${id}/998203891599_x1796108400.json`,
    `runs/other/${id}/998203891599_p1796108400.json`,
    `history/0a1b/8203891599994_unheard_of_${id}_p1796108400`,
    `history/other/8203891599994_failed_${id}_p1796108400`,
    `approvals/other/${id}_p1796108400_000004.json`,
    `approvals/0a1b/${id}_p1796108400_4.json`,
    `approvals/0a1b/${id}_x1796108400_000004.json`,
    `approvals/0a1b/${id}_p1796108400.json`,
    `conversations/other/${id}/head.json`,
    `conversations/0a1b/${id}/7.jsonl`,
    "something.txt",
  ])("takes %s for none of ours", (name) => {
    const parsers = [
      parseScheduleName,
      parseMarkerName,
      parseRunName,
      parseHistoryName,
      parseApprovalName,
      parseConversationName,
    ];
    for (const parse of parsers) expect(parse(name)).toBeUndefined();
  });

  it("lets nothing foreign become part of a name", () => {
    const building = [
      () => scheduleName("../../secret"),
      () => headName("x"),
      () => runName({ scheduleId: id, key: "../p1" }),
      () => runName({ scheduleId: id, key: "p-1" }),
      () => approvalName({ scheduleId: "../x", key: "p1", step: 1 }),
      () => approvalName({ scheduleId: id, key: "../p1", step: 1 }),
      () => approvalName({ scheduleId: id, key: "p1", step: 1_000_000 }),
      () => markerName("x", { shard: 0, slot, seq: 1 }),
      () => markerName(id, { shard: 0, slot: slot + 1, seq: 1 }),
      () => segmentName(id, -1),
      () => segmentName(id, 1_000_000),
    ];
    for (const build of building) expect(build).toThrow(expect.objectContaining({ code: "INTERNAL_ERROR" }));
  });
});
