import { describe, expect, it } from "vitest";
import type { RunStore } from "../../shared/runs/run-store.ts";
import { sampleId, sampleRun, sampleSlot } from "../support/sample-records.ts";

/** What every run store does. `createStore` gives an empty one. */
export function describeRunStoreContract(name: string, createStore: () => RunStore): void {
  describe(`${name}: run store`, () => {
    it("says absent for a run that is not there", async () => {
      expect(await createStore().read(sampleRun())).toBeUndefined();
    });

    it("gives back exactly what was created", async () => {
      const store = createStore();
      const run = sampleRun({ state: "ended", outcome: "missed", endedAt: sampleSlot + 5, missedThrough: sampleSlot });
      const { created, current } = await store.create(run);
      expect(created).toBe(true);
      expect(await store.read({ scheduleId: run.scheduleId, key: run.key })).toEqual({
        value: run,
        version: current.version,
      });
    });

    it("creates a slot's run once and shows the one that is there", async () => {
      const store = createStore();
      const first = await store.create(sampleRun());
      expect(await store.create(sampleRun({ epoch: 7 }))).toEqual({ created: false, current: first.current });
    });

    it("keeps a manual run apart from the planned run of the same second", async () => {
      const store = createStore();
      const manual = sampleRun({ key: `m4f2a.${sampleSlot / 1000}`, kind: "manual" });
      expect((await store.create(sampleRun())).created).toBe(true);
      expect((await store.create(manual)).created).toBe(true);
    });

    it("replaces the version that was read, once", async () => {
      const store = createStore();
      const { current } = await store.create(sampleRun());
      const version = await store.replace(sampleRun({ epoch: 1 }), current.version);
      expect(version).toBeDefined();
      expect(await store.replace(sampleRun({ epoch: 2 }), current.version)).toBeUndefined();
      expect(await store.read(sampleRun())).toEqual({ value: sampleRun({ epoch: 1 }), version });
    });

    it("lists the runs of one schedule, newest slot first, page by page", async () => {
      const store = createStore();
      const keys = ["p1796108400", "p1796194800", "m4f2a.1796150000", "p999"];
      for (const key of keys) await store.create(sampleRun({ key }));
      await store.create(sampleRun({ scheduleId: sampleId(2) }));
      const first = await store.list(sampleId(1), { limit: 3 });
      const second = await store.list(sampleId(1), { limit: 3, cursor: first.nextCursor ?? "" });
      expect(first.items.map(({ key }) => key)).toEqual(["p1796194800", "m4f2a.1796150000", "p1796108400"]);
      expect(second.items.map(({ key }) => key)).toEqual(["p999"]);
      expect(second.nextCursor).toBeUndefined();
    });

    it("enters an ended run into the history as often as asked, and no other", async () => {
      const store = createStore();
      const ended = sampleRun({ state: "ended", outcome: "no_output", endedAt: sampleSlot + 1234 });
      await store.recordEnd(ended);
      await store.recordEnd(ended);
      await expect(store.recordEnd(sampleRun())).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
    });
  });
}
