import pMap from "p-map";
import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { hourMs, minuteMs, toIso } from "../../shared/kernel/clock.ts";
import { continuedConversationId } from "../../shared/protocol/materialise.ts";
import { runId } from "../../shared/runs/run.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createDecideApproval } from "../../shared/use-cases/decide-approval.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createCountedApp, shards, start } from "../support/counted-app.ts";

// The numbers that docs/storage.md promises, counted below the real client's own retries on real storage.

describe("a tick with nothing due", () => {
  it("lists each shard once and notes its time, however many schedules wait", async () => {
    const app = createCountedApp();
    const far = toIso(start + 24 * hourMs);
    await pMap(Array.from({ length: 2000 }), () => app.schedule({ run_at: far }), { concurrency: 32 });
    expect(app.count().PutBlob).toBeGreaterThanOrEqual(4000);

    expect(await app.dispatchDue()).toEqual({ due: 0, failed: 0 });
    expect(app.count()).toEqual({ ListBlobs: shards, PutBlob: 1 });
  });
});

describe("the dispatch of one slot", () => {
  it("costs six calls beside those of the tick", async () => {
    const app = createCountedApp();
    await app.schedule({ every_minutes: 60 });
    app.now = start + hourMs - minuteMs;
    // The first dispatch also creates the queue.
    await app.dispatchDue();
    app.now = start + 2 * hourMs - minuteMs;
    app.count();

    expect(await app.dispatchDue()).toEqual({ due: 1, failed: 0 });
    const { ListBlobs, PutBlob, ...rest } = app.count();
    expect(ListBlobs).toBe(shards);
    // The next marker, the schedule, the run, and the tick's note.
    expect(PutBlob).toBe(4);
    expect(rest).toEqual({ GetBlob: 1, PutMessage: 1, DeleteBlob: 1 });
  });
});

describe("a run of one turn", () => {
  it.each([
    { conversation: "new", calls: 13 },
    { conversation: "continue", calls: 12 },
  ] as const)("costs $calls calls when the conversation is $conversation", async ({ conversation, calls }) => {
    const app = createCountedApp();
    const { id } = await app.schedule({ every_minutes: 60 }, conversation);
    for (const hour of [1, 2]) {
      app.now = start + hour * hourMs;
      await app.dispatchDue();
      app.count();
      await app.handleRunMessage({ v: 1, scheduleId: id, key: plannedRunKey(app.now) });
    }
    // Of the second run: a continued conversation exists by then.
    const counted = app.count();
    expect({ counted, total: Object.values(counted).reduce((sum, count) => sum + count, 0) }).toMatchObject({
      total: calls,
    });
    const run = await app.ports.runs.read({ scheduleId: id, key: plannedRunKey(app.now) });
    expect(run?.value).toMatchObject({ outcome: "succeeded", turns: 1 });
  });

  it("costs no call more where nothing is told, one more where it is, and its delivery three", async () => {
    const app = createCountedApp();
    const url = { notifyUrl: "https://hooks.contoso.com/reports" };
    const quiet = await costOfOne(app, { ...url, notify: "never" });
    expect([quiet, await costOfOne(app, {}), await costOfOne(app, { ...url, notify: "on_failure" })]).toEqual([
      { total: 13 },
      { total: 13 },
      { total: 13 },
    ]);
    expect(await costOfOne(app, { ...url, notify: "always" })).toEqual({
      total: 14,
      delivery: { GetBlob: 2, PutBlob: 1 },
    });
  });

  it("costs one append more for each further turn and for each tool result", async () => {
    let calls = 0;
    const app = createCountedApp(() => (calls++ === 0 ? "get_knowledge_base" : undefined));
    const { id } = await app.schedule({ every_minutes: 60 });
    app.now = start + hourMs;
    await app.dispatchDue();
    app.count();
    await app.handleRunMessage({ v: 1, scheduleId: id, key: plannedRunKey(app.now) });
    expect(app.count()).toMatchObject({ AppendBlock: 3 });
  });
});

describe("trigger_schedule", () => {
  it.each([
    { what: "a manual run", range: {}, runs: 1 },
    {
      what: "a backfill",
      range: { backfillFrom: toIso(start + minuteMs), backfillTo: toIso(start + 3 * hourMs) },
      runs: 3,
    },
  ])("costs two calls, and two for each run, for $what", async ({ range, runs }) => {
    const app = createCountedApp();
    const { id: scheduleId } = await app.schedule({ every_minutes: 60 });
    app.now = start + 3 * hourMs + minuteMs;
    // The first one also creates the queue.
    await app.trigger({ scheduleId });
    app.count();

    expect((await app.trigger({ scheduleId, ...range })).runs).toHaveLength(runs);
    expect(app.count()).toEqual({ GetBlob: 1, PutBlob: 1 + runs, PutMessage: runs });
  });
});

describe("cancel_run", () => {
  it("costs eight calls", async () => {
    const app = createCountedApp();
    const { id: scheduleId } = await app.schedule({ every_minutes: 60 });
    const [run] = (await app.trigger({ scheduleId })).runs;
    app.count();

    expect(await app.cancel(runId(run!))).toMatchObject({ kind: "cancelled" });
    // Schedule and run, the run again, the schedule again; outcome, two history markers, and the release of the gate.
    expect(app.count()).toEqual({ GetBlob: 4, PutBlob: 4 });
  });

  it("reads the log too when the run has begun, for what it has spent", async () => {
    const app = createCountedApp(() => "get_knowledge_base");
    const { id } = await app.schedule({ every_minutes: 60 });
    app.now = start + hourMs;
    await app.dispatchDue();
    const key = plannedRunKey(app.now);
    app.isStopping = true;
    await app.handleRunMessage({ v: 1, scheduleId: id, key });
    app.count();

    expect(await app.cancel(runId({ scheduleId: id, key }))).toMatchObject({ kind: "cancelled" });
    expect(app.count()).toEqual({ GetBlob: 5, PutBlob: 4 });
  });
});

describe("what_happened", () => {
  it("costs the approvals, twice the history, the shards, and a read for each run that is shown and its schedule", async () => {
    const app = createCountedApp();
    const { id } = await app.schedule({ every_minutes: 60 });
    for (const hour of [1, 2]) {
      app.now = start + hour * hourMs;
      await app.dispatchDue();
      await app.handleRunMessage({ v: 1, scheduleId: id, key: plannedRunKey(app.now) });
    }
    app.count();
    expect(await app.whatHappened()).toMatchObject({ finished: [{ run: { answer: "Done." } }, {}] });
    expect(app.count()).toEqual({ ListBlobs: 1 + 2 + shards, GetBlob: 3 });
  });
});

describe("continue_conversation", () => {
  it("costs six calls before the wait in a conversation of a schedule, and five for a new one", async () => {
    const app = createCountedApp();
    const conversationId = await conversationOfOneRun(app);
    await app.say({ conversationId, message: "Why?" });
    expect(app.count()).toEqual({ GetBlob: 3, PutBlob: 2, PutMessage: 1 });
    await app.say({ message: "Hello" });
    expect(app.count()).toEqual({ GetBlob: 1, PutBlob: 3, PutMessage: 1 });
  });

  it("is answered by a run that costs what any run of one turn costs", async () => {
    const app = createCountedApp();
    const conversationId = await conversationOfOneRun(app);
    const { run } = await app.say({ conversationId, message: "Why?" });
    app.count();
    await app.handleRunMessage({ v: 1, scheduleId: run.scheduleId, key: run.key });
    expect(Object.values(app.count()).reduce((sum, count) => sum + count, 0)).toBe(12);
  });
});

describe("delete_conversation", () => {
  it("costs twelve calls for a conversation of one segment", async () => {
    const app = createCountedApp();
    const conversationId = await conversationOfOneRun(app);
    await app.forget(conversationId);
    const { GetBlob, PutBlob, DeleteBlob, ...rest } = app.count();
    expect([GetBlob, PutBlob, DeleteBlob]).toEqual([5, 1, 2]);
    expect(rest).toEqual({ "Lease:acquire": 1, "Lease:renew": 1, ListBlobs: 1, GetBlobProperties: 1 });
  });
});

/** Of a schedule that continues it, after its first run. */
async function conversationOfOneRun(app: ReturnType<typeof createCountedApp>): Promise<string> {
  const { id } = await app.schedule({ every_minutes: 60 }, "continue");
  app.now = start + hourMs;
  await app.dispatchDue();
  await app.handleRunMessage({ v: 1, scheduleId: id, key: plannedRunKey(app.now) });
  app.count();
  return continuedConversationId(id);
}

describe("a run that waits for approval", () => {
  it("costs four calls more until it waits, four for the decision, and sixteen when it goes on with one more turn", async () => {
    let calls = 0;
    const app = createCountedApp(() => (calls++ === 0 ? "get_knowledge_base" : undefined));
    const { id } = await app.schedule({ every_minutes: 60 }, "new", { approval: "always" });
    app.now = start + hourMs;
    await app.dispatchDue();
    const message = { v: 1, scheduleId: id, key: plannedRunKey(app.now) } as const;
    app.count();
    await app.handleRunMessage(message);
    // Of a run of one turn, all but its end: outcome, history and release of the gate. Then the request in log and
    // list, the message of its expiry, and the record.
    expect(sumOf(app.count())).toBe(13 - 3 + 4);

    const [request] = (await app.ports.approvals.list(localPrincipal.owner, { limit: 5 })).items;
    const decide = createDecideApproval(app.ports);
    app.count();
    await decide(localPrincipal, { id: `${id}.${message.key}.${request?.step}`, approve: true });
    expect(app.count()).toEqual({ GetBlob: 1, PutBlob: 1, PutMessage: 1, DeleteBlob: 1 });

    await app.handleRunMessage(message);
    const counted = app.count();
    // The fence, the decision, the result of the call, and the last answer.
    expect(counted.AppendBlock).toBe(4);
    expect(sumOf(counted)).toBe(16);
  });
});

/** A run of one turn of a new schedule, and what the message costs that tells of it. */
async function costOfOne(
  app: ReturnType<typeof createCountedApp>,
  told: Pick<ScheduleRequest, "notify" | "notifyUrl">,
) {
  const { id } = await app.schedule({ every_minutes: 60 }, "new", {}, told);
  app.now += hourMs;
  await app.dispatchDue();
  const message = { v: 1, scheduleId: id, key: plannedRunKey(app.now) } as const;
  app.count();
  await app.handleRunMessage(message);
  const total = sumOf(app.count());
  await app.handleRunMessage({ ...message, notify: true });
  const delivery = app.count();
  return delivery.PutBlob === undefined ? { total } : { total, delivery };
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
