import { describe, expect, it } from "vitest";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { tokensIn } from "../../shared/kernel/usage.ts";
import type { Run } from "../../shared/runs/run.ts";
import type { EndedQuery, RunStore } from "../../shared/runs/run-store.ts";
import { sampleId, sampleOwner, sampleRun, sampleSlot } from "../support/sample-records.ts";

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

    it("lists the ended runs of all schedules of an owner, newest end first, page by page", async () => {
      const store = await storeWithEnds(createStore(), ["succeeded", "failed", "succeeded", "missed", "succeeded"]);
      await store.recordEnd(endedRun(9, "failed", "stranger"));
      expect(await pagesOf(store, { limit: 2 })).toEqual([[4, 3], [2, 1], [0]]);
      expect(await pagesOf(store, { limit: 5 })).toEqual([[4, 3, 2, 1, 0]]);
    });

    it("lists ended runs by outcome, also when one list call shows more than a page of them", async () => {
      const outcomes = ["failed", "succeeded", "failed", "missed", "failed", "succeeded", "failed"] as const;
      const store = await storeWithEnds(createStore(), outcomes);
      expect(await pagesOf(store, { limit: 3, outcome: "failed" })).toEqual([[6, 4, 2], [0]]);
      expect(await pagesOf(store, { limit: 1, outcome: "succeeded" })).toEqual([[5], [1]]);
      expect(await pagesOf(store, { limit: 3, outcome: "timed_out" })).toEqual([[]]);
    });

    it("shows no run twice and loses none when further runs end between two pages", async () => {
      const store = await storeWithEnds(createStore(), ["failed", "failed", "failed", "failed"]);
      const first = await store.listEnded(sampleOwner, { limit: 2, outcome: "failed" });
      await storeWithEnds(store, ["failed", "failed"], 10);
      const second = await store.listEnded(sampleOwner, {
        limit: 2,
        outcome: "failed",
        cursor: first.nextCursor ?? "",
      });
      expect([first, second].map(({ items }) => items.map(numberOf))).toEqual([
        [3, 2],
        [1, 0],
      ]);
    });

    it("leaves out ended runs whose records vanished", async () => {
      const store = await storeWithEnds(createStore(), ["failed", "failed"]);
      await store.recordEnd(endedRun(7, "failed"));
      expect(await pagesOf(store, { limit: 10 })).toEqual([[1, 0]]);
    });

    it("tells what ended in a time without the records: newest first, with its conversation and its tokens", async () => {
      const store = createStore();
      const day = 86_400_000;
      const mini = { model: "mini 日本語, v1", promptTokens: 1234, completionTokens: 5 };
      const usages = [[], [mini], [mini, { ...mini, model: "large" }]];
      const runs = [0, 12, 24, 36, 48].map((days, index) => ({
        ...endedRun(index, index === 3 ? "failed" : "succeeded"),
        endedAt: sampleSlot + days * day,
        usage: usages[index % 3]!,
        ...(index === 2 ? { quiet: "No change.", kind: "manual" as const } : {}),
      }));
      for (const run of runs) await store.recordEnd(run);
      await store.recordEnd({ ...endedRun(9, "failed", "stranger"), endedAt: sampleSlot + 13 * day });

      const query = { from: sampleSlot + 12 * day, until: sampleSlot + 48 * day, limit: 100 };
      const { items, isComplete } = await store.listEnds(sampleOwner, query);
      expect(isComplete).toBe(true);
      expect(items).toEqual(
        [3, 2, 1].map((index) => ({
          scheduleId: runs[index]?.scheduleId,
          key: runs[index]?.key,
          endedAt: runs[index]?.endedAt,
          outcome: runs[index]?.outcome,
          kind: index === 2 ? "manual" : "planned",
          conversationId: sampleId(9),
          isQuiet: index === 2,
          usage: runs[index]?.usage,
        })),
      );
      const unusual = await store.listEnds(sampleOwner, { ...query, unusual: true });
      expect(unusual.items.map(({ outcome }) => outcome)).toEqual(["failed"]);
      const some = await store.listEnds(sampleOwner, { ...query, limit: 2 });
      expect([some.items.length, some.isComplete]).toEqual([2, false]);
      expect((await store.listEnds(sampleOwner, { ...query, limit: 3 })).isComplete).toBe(true);
    });

    it("describes a run's end whatever its models are called, and as it was first written", async () => {
      const store = createStore();
      const models = Array.from({ length: 20 }, (_, n) => ({
        model: `${n}${"日".repeat(62)}😀 long`,
        promptTokens: 2 ** 40,
        completionTokens: 2 ** 40,
      }));
      const run = { ...endedRun(1, "failed"), usage: models };
      await store.recordEnd(run);
      await store.recordEnd({ ...run, usage: [] });
      const query = { from: sampleSlot, until: sampleSlot + 10_000, limit: 5 };
      for (const unusual of [{}, { unusual: true as const }]) {
        const { items } = await store.listEnds(sampleOwner, { ...query, ...unusual });
        expect(items[0]?.usage).toHaveLength(8);
        expect(tokensIn(items[0]?.usage ?? [])).toBe(20 * 2 * 2 ** 40);
      }
    });

    it.each(["made up", "{}x", '{"page":7}', '{"other":"x"}'])("refuses the cursor %j", async (cursor) => {
      const listing = createStore().listEnded(sampleOwner, { limit: 2, cursor });
      await expect(listing).rejects.toMatchObject({ code: "VALIDATION_ERROR", details: { field: "cursor" } });
    });
  });
}

/** The nth schedule's run, which ended n seconds after the sample slot. */
const endedRun = (number: number, outcome: Outcome, owner = sampleOwner): Run =>
  sampleRun({
    scheduleId: sampleId(number, owner),
    owner,
    state: "ended",
    outcome,
    endedAt: sampleSlot + number * 1000,
  });

const numberOf = ({ endedAt = 0 }: Run): number => (endedAt - sampleSlot) / 1000;

async function storeWithEnds(store: RunStore, outcomes: readonly Outcome[], from = 0): Promise<RunStore> {
  for (const [index, outcome] of outcomes.entries()) {
    const run = endedRun(from + index, outcome);
    await store.create(run);
    await store.recordEnd(run);
  }
  return store;
}

async function pagesOf(store: RunStore, query: EndedQuery): Promise<number[][]> {
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listEnded(sampleOwner, cursor === undefined ? query : { ...query, cursor });
    pages.push(page.items.map(numberOf));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}
