import { describe, expect, it } from "vitest";
import type { ApprovalStore } from "../../shared/runs/approval-store.ts";
import { sampleApproval, sampleId, sampleOwner } from "../support/sample-records.ts";

/** What every store of requests for approval does. `createStore` gives an empty one. */
export function describeApprovalStoreContract(name: string, createStore: () => ApprovalStore): void {
  describe(`${name}: approval store`, () => {
    it("says absent for a request that is not there", async () => {
      const store = createStore();
      expect(await store.read(sampleApproval())).toBeUndefined();
      expect(await store.list(sampleOwner, { limit: 5 })).toEqual({ items: [] });
      expect(await store.listReferences({ limit: 5 })).toEqual({ items: [] });
    });

    it("gives back exactly what was created, and keeps it when it is created again", async () => {
      const store = createStore();
      expect(await store.create(sampleApproval())).toBe(true);
      expect(await store.create(sampleApproval({ scheduleName: "Another" }))).toBe(false);
      expect(await store.read(sampleApproval())).toEqual(sampleApproval());
    });

    it("keeps the requests of one run apart", async () => {
      const store = createStore();
      await store.create(sampleApproval());
      await store.create(sampleApproval({ step: 40 }));
      await store.remove(sampleApproval());
      expect(await store.read(sampleApproval())).toBeUndefined();
      expect(await store.read(sampleApproval({ step: 40 }))).toEqual(sampleApproval({ step: 40 }));
    });

    it("removes one that is gone without complaint", async () => {
      const store = createStore();
      await store.create(sampleApproval());
      await store.remove(sampleApproval());
      await store.remove(sampleApproval());
      expect(await store.list(sampleOwner, { limit: 5 })).toEqual({ items: [] });
    });

    it("lists those of one owner, page by page, and names those of all", async () => {
      const store = createStore();
      for (const number of [1, 2, 3]) await store.create(sampleApproval({ scheduleId: sampleId(number) }));
      const foreign = sampleApproval({ scheduleId: sampleId(4, "stranger"), owner: "stranger" });
      await store.create(foreign);
      const first = await store.list(sampleOwner, { limit: 2 });
      const second = await store.list(sampleOwner, { limit: 2, cursor: first.nextCursor ?? "" });
      expect([first, second].map(({ items }) => items.map(({ scheduleId }) => scheduleId))).toEqual([
        [sampleId(1), sampleId(2)],
        [sampleId(3)],
      ]);
      expect(second.nextCursor).toBeUndefined();
      const { scheduleId, key, step } = foreign;
      expect((await store.listReferences({ limit: 10 })).items).toContainEqual({ scheduleId, key, step });
      const page = await store.listReferences({ limit: 3 });
      const rest = await store.listReferences({ limit: 3, cursor: page.nextCursor ?? "" });
      expect([page.items.length, rest.items.length]).toEqual([3, 1]);
    });
  });
}
