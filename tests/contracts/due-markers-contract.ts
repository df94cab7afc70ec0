import { describe, expect, it } from "vitest";
import type { DueMarkers } from "../../shared/schedule/schedule-store.ts";
import { sampleId, sampleSlot } from "../support/sample-records.ts";

/** What every index of due markers does. `createMarkers` gives an empty one. */
export function describeDueMarkersContract(name: string, createMarkers: () => DueMarkers): void {
  describe(`${name}: due markers`, () => {
    const marker = { shard: 3, slot: sampleSlot, seq: 12 };

    it("lists what was created, as often as it was created", async () => {
      const markers = createMarkers();
      expect(await markers.create(sampleId(1), marker)).toBe(true);
      expect(await markers.create(sampleId(1), marker)).toBe(false);
      expect(await markers.list(3, sampleSlot)).toEqual([
        { ...marker, scheduleId: sampleId(1), createdAt: expect.any(Number) },
      ]);
    });

    it("lists what is due by then, oldest first, of one shard", async () => {
      const markers = createMarkers();
      const at = (slot: number, number: number, shard = 3) => markers.create(sampleId(number), { shard, slot, seq: 1 });
      await at(sampleSlot, 1);
      await at(sampleSlot - 3_600_000, 2);
      await at(sampleSlot + 1000, 3);
      await at(sampleSlot, 4, 30);
      await at(9_000, 5);
      const due = await markers.list(3, sampleSlot);
      expect(due.map(({ scheduleId }) => scheduleId)).toEqual([sampleId(5), sampleId(2), sampleId(1)]);
    });

    it("lists all of a shard when there is no until", async () => {
      const markers = createMarkers();
      await markers.create(sampleId(1), { ...marker, slot: 999_999_999_999_000 });
      expect(await markers.list(3, Infinity)).toHaveLength(1);
    });

    it("goes over as many pages as there are", async () => {
      const markers = createMarkers();
      const numbers = Array.from({ length: 203 }, (_, number) => number);
      for (const seq of numbers) await markers.create(sampleId(1), { shard: 0, slot: sampleSlot + seq * 1000, seq });
      expect(await markers.list(0, sampleSlot + 150_000)).toHaveLength(151);
      expect(await markers.list(0, sampleSlot + 1_000_000)).toHaveLength(203);
    });

    it("removes a marker, also one that is gone", async () => {
      const markers = createMarkers();
      await markers.create(sampleId(1), marker);
      await markers.create(sampleId(1), { ...marker, seq: 13 });
      await markers.remove(sampleId(1), marker);
      await markers.remove(sampleId(1), marker);
      expect((await markers.list(3, sampleSlot)).map(({ seq }) => seq)).toEqual([13]);
    });
  });
}
