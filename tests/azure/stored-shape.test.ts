import { describe, expect, it } from "vitest";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { headName, runName, scheduleName, segmentName } from "../../shared/azure/storage/names.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import { createMemoryBlobs } from "../support/memory-blobs.ts";
import { createMemoryQueue } from "../support/memory-queue.ts";
import { sampleEvent, sampleHead, sampleId, sampleRun, sampleSchedule, sampleSlot } from "../support/sample-records.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

function setUp() {
  const blobs = createMemoryBlobs({ now: () => sampleSlot });
  const ids = createSequentialIds();
  const recorded: AppEvent[] = [];
  const events = { record: (event: AppEvent) => void recorded.push(event) };
  return {
    blobs,
    recorded,
    schedules: createScheduleStore(blobs, ids, events),
    runs: createRunStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, { leaseSeconds: 60 }),
  };
}

describe("what is stored", () => {
  it("can be read by a person", async () => {
    const { blobs, schedules, log } = setUp();
    await schedules.create(sampleSchedule());
    const { text = "" } = (await blobs.read(scheduleName(sampleId(1)))) ?? {};
    expect(text).toContain('\n "next": "2026-12-01T07:00:00.000Z",\n');
    expect(text).toContain("überall");
    await log.createSegment(sampleId(9), 0);
    await log.append(sampleId(9), 0, 0, [sampleEvent("a"), sampleEvent("b")]);
    const lines = (await blobs.read(segmentName(sampleId(9), 0)))?.text.split("\n") ?? [];
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "user", time: "2026-12-01T07:00:00.000Z", text: "a" });
  });

  it("holds the run's end in the name alone", async () => {
    const { blobs, runs } = setUp();
    await runs.recordEnd(sampleRun({ state: "ended", outcome: "failed", endedAt: sampleSlot + 5 }));
    const failed = `0a1b2c/8203891599994_failed_${sampleId(1)}_p1796108400`;
    expect(blobs.names()).toEqual([`history/${failed}`, `unusual/${failed}`]);
  });

  it("has no place among the unusual ends for a success", async () => {
    const { blobs, runs } = setUp();
    await runs.recordEnd(sampleRun({ state: "ended", outcome: "succeeded", endedAt: sampleSlot + 5 }));
    expect(blobs.names()).toEqual([`history/0a1b2c/8203891599994_succeeded_${sampleId(1)}_p1796108400`]);
  });
});

describe("a damaged blob is an error, never an absence", () => {
  const damage = ["", "{", "null", "[]", '{"v":1}'];

  it.each(damage)("schedule %j", async (text) => {
    const { blobs, schedules } = setUp();
    await blobs.write(scheduleName(sampleId(1)), text, { condition: "always" });
    const error = { code: "INTERNAL_ERROR", details: { kind: "schedule", id: sampleId(1), reason: "damaged" } };
    await expect(schedules.read(sampleId(1))).rejects.toMatchObject(error);
    await expect(schedules.create(sampleSchedule())).rejects.toMatchObject(error);
  });

  it("but a list goes on without it, and the operator is told how many are missing", async () => {
    const { blobs, schedules, runs, recorded } = setUp();
    for (const number of [1, 2, 3]) await schedules.create(sampleSchedule({ id: sampleId(number) }));
    await runs.create(sampleRun());
    for (const number of [1, 3]) await blobs.write(scheduleName(sampleId(number)), "{", { condition: "always" });
    await blobs.write(runName(sampleRun()), "null", { condition: "always" });
    expect((await schedules.list("0a1b2c", { limit: 5 })).items.map(({ id }) => id)).toEqual([sampleId(2)]);
    expect((await runs.list(sampleId(1), { limit: 5 })).items).toEqual([]);
    expect(recorded).toMatchObject([
      { level: "error", name: "storage.damaged", fields: { kind: "schedule", count: 2, first: sampleId(1) } },
      { level: "error", name: "storage.damaged", fields: { kind: "run", count: 1 } },
    ]);
  });

  it.each(damage)("run %j", async (text) => {
    const { blobs, runs } = setUp();
    await blobs.write(runName(sampleRun()), text, { condition: "always" });
    await expect(runs.read(sampleRun())).rejects.toMatchObject({
      code: "INTERNAL_ERROR",
      details: { kind: "run", id: `${sampleId(1)}/p1796108400` },
    });
  });

  it.each(damage)("conversation head %j", async (text) => {
    const { blobs, log } = setUp();
    await blobs.write(headName(sampleId(9)), text, { condition: "always" });
    await expect(log.readHead(sampleId(9))).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it.each(["{", "null", '"text"', '{"v":1}', '{"v":1,"type":"user"}'])("segment line %j", async (line) => {
    const { blobs, log } = setUp();
    await blobs.createAppend(segmentName(sampleId(9), 3));
    await blobs.append(segmentName(sampleId(9), 3), Buffer.from(`${line}\n`), 0);
    await expect(log.readSegment(sampleId(9), 3)).rejects.toMatchObject({
      code: "INTERNAL_ERROR",
      details: { kind: "conversation segment", id: `${sampleId(9)}/3` },
    });
  });
});

describe("what a later version wrote", () => {
  it.each(['{"v":1,"type":"dream","text":"x"}', '{"v":2,"type":"user","words":["x"]}'])("is kept: %s", async (line) => {
    const { blobs, log } = setUp();
    await blobs.createAppend(segmentName(sampleId(9), 0));
    await blobs.append(segmentName(sampleId(9), 0), Buffer.from(`${line}\n`), 0);
    const segment = await log.readSegment(sampleId(9), 0);
    expect(segment?.events).toEqual([{ type: "unknown", raw: JSON.parse(line) }]);
  });
});

describe("due markers", () => {
  it("pass over a blob that is not ours and say so", async () => {
    const { blobs } = setUp();
    const events: AppEvent[] = [];
    const markers = createDueMarkers(blobs, { record: (event) => events.push(event) });
    await markers.create(sampleId(1), { shard: 0, slot: sampleSlot, seq: 1 });
    await blobs.write("due/0/000000000000_notes.txt", "", { condition: "always" });
    expect(await markers.list(0, sampleSlot)).toHaveLength(1);
    expect(events).toMatchObject([{ level: "warning", name: "storage.foreign_blob" }]);
  });

  it("cost one list call when nothing is due", async () => {
    const kinds: string[] = [];
    const blobs = createMemoryBlobs({
      now: () => sampleSlot,
      intercept: async ({ kind }, perform) => {
        kinds.push(kind);
        return perform();
      },
    });
    const markers = createDueMarkers(blobs, { record: () => undefined });
    for (let seq = 0; seq < 150; seq++) await markers.create(sampleId(1), { shard: 0, slot: sampleSlot, seq });
    kinds.length = 0;
    expect(await markers.list(0, sampleSlot - 1000)).toEqual([]);
    expect(kinds).toEqual(["listPage"]);
  });
});

describe("leases", () => {
  it("end by the service's clock, and can be taken up again if nobody came", async () => {
    let now = sampleSlot;
    const blobs = createMemoryBlobs({ now: () => now });
    const log = createConversationLog(blobs, createSequentialIds(), { leaseSeconds: 60 });
    const [ours, theirs] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;
    await log.createHead(sampleHead());
    await log.acquire(sampleId(9), ours);
    now += 59_999;
    expect(await log.acquire(sampleId(9), theirs)).toBe("busy");
    now += 1;
    expect(await log.renew(sampleId(9), ours)).toBe(true);
    now += 60_000;
    expect(await log.acquire(sampleId(9), theirs)).toBe("held");
    expect(await log.renew(sampleId(9), ours)).toBe(false);
    await log.pointHead(sampleId(9), 1, ours);
    expect(await log.readHead(sampleId(9))).toMatchObject({ segment: 0 });
  });
});

describe("the run queue", () => {
  it.each([
    [-5, 0],
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [8 * 24 * 3_600_000, 7 * 24 * 3_600],
  ])("delays %i ms by %i s", async (delayMs, seconds) => {
    const queue = createMemoryQueue({ now: () => 0 });
    await createRunQueue(queue).enqueue({ v: 1, scheduleId: sampleId(1), key: "p1" }, delayMs);
    expect(queue.waiting()).toEqual([
      { text: JSON.stringify({ v: 1, scheduleId: sampleId(1), key: "p1" }), visibleAt: seconds * 1000 },
    ]);
  });
});
