import { describe, expect, it } from "vitest";
import type { ScheduleStore } from "../../shared/schedule/schedule-store.ts";
import { sampleId, sampleOwner, sampleSchedule, sampleSlot } from "../support/sample-records.ts";

/** What every schedule store does. `createStore` gives an empty one. */
export function describeScheduleStoreContract(name: string, createStore: () => ScheduleStore): void {
  describe(`${name}: schedule store`, () => {
    it("says absent for a schedule that is not there", async () => {
      expect(await createStore().read(sampleId(1))).toBeUndefined();
    });

    it("gives back exactly what was created", async () => {
      const store = createStore();
      const full = sampleSchedule({
        pausedAt: sampleSlot,
        fingerprint: "f",
        next: null,
        marker: null,
        open: [
          {
            key: "p1796108400",
            slot: sampleSlot,
            kind: "planned",
            state: "pending",
            conversationId: sampleId(9),
            openedAt: sampleSlot + 1,
          },
        ],
      });
      const { created, current } = await store.create(full);
      expect(created).toBe(true);
      expect(await store.read(full.id)).toEqual({ value: full, version: current.version });
    });

    it("creates once and shows the one that is there", async () => {
      const store = createStore();
      const first = await store.create(sampleSchedule());
      const second = await store.create(sampleSchedule({ revision: 2 }));
      expect(second).toEqual({ created: false, current: first.current });
    });

    it("replaces the version that was read, once", async () => {
      const store = createStore();
      const { current } = await store.create(sampleSchedule());
      const version = await store.replace(sampleSchedule({ revision: 2 }), current.version);
      expect(version).toBeDefined();
      expect(await store.replace(sampleSchedule({ revision: 3 }), current.version)).toBeUndefined();
      expect(await store.read(sampleId(1))).toEqual({ value: sampleSchedule({ revision: 2 }), version });
    });

    it("does not bring back what is gone", async () => {
      expect(await createStore().replace(sampleSchedule(), '"0x123"')).toBeUndefined();
    });

    it("lists the ids of all owners, page by page", async () => {
      const store = createStore();
      for (const number of [2, 1]) await store.create(sampleSchedule({ id: sampleId(number) }));
      await store.create(sampleSchedule({ id: sampleId(3, "other"), owner: "other" }));
      const first = await store.listIds({ limit: 2 });
      const second = await store.listIds({ limit: 2, cursor: first.nextCursor ?? "" });
      expect(first.items).toEqual([sampleId(1), sampleId(2)]);
      expect(second).toEqual({ items: [sampleId(3, "other")] });
    });

    it("removes the version that was read, as often as asked", async () => {
      const store = createStore();
      const { current } = await store.create(sampleSchedule());
      const version = (await store.replace(sampleSchedule({ revision: 2 }), current.version)) ?? "";
      expect(await store.remove(sampleId(1), current.version)).toBe(false);
      expect(await store.remove(sampleId(1), version)).toBe(true);
      expect(await store.remove(sampleId(1), version)).toBe(true);
      expect(await store.read(sampleId(1))).toBeUndefined();
    });

    it("lists one owner's schedules, page by page", async () => {
      const store = createStore();
      for (const number of [3, 1, 2]) await store.create(sampleSchedule({ id: sampleId(number) }));
      await store.create(sampleSchedule({ id: sampleId(4, "other"), owner: "other" }));
      const first = await store.list(sampleOwner, { limit: 2 });
      const second = await store.list(sampleOwner, { limit: 2, cursor: first.nextCursor ?? "" });
      expect(first.items.map(({ id }) => id)).toEqual([sampleId(1), sampleId(2)]);
      expect(second.items.map(({ id }) => id)).toEqual([sampleId(3)]);
      expect(second.nextCursor).toBeUndefined();
    });
  });
}
