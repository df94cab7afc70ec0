import pMap from "p-map";
import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../shared/access/principal.ts";
import { createApprovalStore } from "../../shared/azure/storage/approval-store.ts";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createHeartbeat } from "../../shared/azure/storage/heartbeat.ts";
import { createQuarantine } from "../../shared/azure/storage/quarantine.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { hourMs, minuteMs, secondMs, toIso } from "../../shared/kernel/clock.ts";
import { continuedConversationId } from "../../shared/protocol/materialise.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import { runId } from "../../shared/runs/run.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { plannedRunKey } from "../../shared/schedule/run-key.ts";
import { createCancelRun } from "../../shared/use-cases/cancel-run.ts";
import { type ContinueRequest, createContinueConversation } from "../../shared/use-cases/continue-conversation.ts";
import { createDecideApproval } from "../../shared/use-cases/decide-approval.ts";
import { createDeleteConversation } from "../../shared/use-cases/delete-conversation.ts";
import { createDispatchDue } from "../../shared/use-cases/dispatch-due.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createScheduleConversation, type ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createTriggerSchedule, type TriggerRequest } from "../../shared/use-cases/trigger-schedule.ts";
import { createWhatHappened } from "../../shared/use-cases/what-happened.ts";
import { createTestStorage, freshName } from "../support/azurite-storage.ts";
import { createSequentialIds } from "../support/sequential-ids.ts";

// The numbers that docs/storage.md promises, counted below the real client's own retries on real storage.

const start = Date.parse("2026-12-01T07:00:00Z");
const shards = 4;

describe("a tick with nothing due", () => {
  it("lists each shard once and notes its time, however many schedules wait", async () => {
    const app = createApp();
    const far = toIso(start + 24 * hourMs);
    await pMap(Array.from({ length: 2000 }), () => app.schedule({ run_at: far }), { concurrency: 32 });
    expect(app.count().PutBlob).toBeGreaterThanOrEqual(4000);

    expect(await app.dispatchDue()).toEqual({ due: 0, failed: 0 });
    expect(app.count()).toEqual({ ListBlobs: shards, PutBlob: 1 });
  });
});

describe("the dispatch of one slot", () => {
  it("costs six calls beside those of the tick", async () => {
    const app = createApp();
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
    const app = createApp();
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
    const app = createApp();
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
    const app = createApp(() => (calls++ === 0 ? "get_knowledge_base" : undefined));
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
    const app = createApp();
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
    const app = createApp();
    const { id: scheduleId } = await app.schedule({ every_minutes: 60 });
    const [run] = (await app.trigger({ scheduleId })).runs;
    app.count();

    expect(await app.cancel(runId(run!))).toMatchObject({ kind: "cancelled" });
    // Schedule and run, the run again, the schedule again; outcome, two history markers, and the release of the gate.
    expect(app.count()).toEqual({ GetBlob: 4, PutBlob: 4 });
  });

  it("reads the log too when the run has begun, for what it has spent", async () => {
    const app = createApp(() => "get_knowledge_base");
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
    const app = createApp();
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
    const app = createApp();
    const conversationId = await conversationOfOneRun(app);
    await app.say({ conversationId, message: "Why?" });
    expect(app.count()).toEqual({ GetBlob: 3, PutBlob: 2, PutMessage: 1 });
    await app.say({ message: "Hello" });
    expect(app.count()).toEqual({ GetBlob: 1, PutBlob: 3, PutMessage: 1 });
  });

  it("is answered by a run that costs what any run of one turn costs", async () => {
    const app = createApp();
    const conversationId = await conversationOfOneRun(app);
    const { run } = await app.say({ conversationId, message: "Why?" });
    app.count();
    await app.handleRunMessage({ v: 1, scheduleId: run.scheduleId, key: run.key });
    expect(Object.values(app.count()).reduce((sum, count) => sum + count, 0)).toBe(12);
  });
});

describe("delete_conversation", () => {
  it("costs twelve calls for a conversation of one segment", async () => {
    const app = createApp();
    const conversationId = await conversationOfOneRun(app);
    await app.forget(conversationId);
    const { GetBlob, PutBlob, DeleteBlob, ...rest } = app.count();
    expect([GetBlob, PutBlob, DeleteBlob]).toEqual([5, 1, 2]);
    expect(rest).toEqual({ "Lease:acquire": 1, "Lease:renew": 1, ListBlobs: 1, GetBlobProperties: 1 });
  });
});

/** Of a schedule that continues it, after its first run. */
async function conversationOfOneRun(app: ReturnType<typeof createApp>): Promise<string> {
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
    const app = createApp(() => (calls++ === 0 ? "get_knowledge_base" : undefined));
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
async function costOfOne(app: ReturnType<typeof createApp>, told: Pick<ScheduleRequest, "notify" | "notifyUrl">) {
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

/** The app's storage side on real storage, with a clock that the test sets. `askFor` names a tool the model wants. */
function createApp(askFor: () => string | undefined = () => undefined) {
  const storage = createTestStorage();
  const blobs = storage.blobs(freshName());
  const ids = createSequentialIds();
  const events = { record: () => undefined };
  const time = { now: start, isStopping: false };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const ports: Ports = {
    schedules: createScheduleStore(blobs, ids, events),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids, events),
    approvals: createApprovalStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, { leaseSeconds: 60 }),
    quarantine: createQuarantine(blobs, clock),
    queue: createRunQueue(storage.queue(freshName())),
    notifier: { deliver: async () => ({ kind: "delivered", status: 200 }) },
    clock,
    ids,
    sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    dice: () => 0.5,
    events,
    settings: {
      lookAheadMs: 2 * minuteMs,
      dueShards: shards,
      leaseSeconds: 60,
      sliceMs: 8 * minuteMs,
      modelCallMs: 30 * secondMs,
      toolCallMs: 30 * secondMs,
      contextTokens: 128_000,
      notify: { format: "standard", takesUrls: true, isLocal: false },
      approvalMs: 24 * hourMs,
      segmentEvents: 1000,
      segmentBytes: 1024 * 1024,
    },
  };
  const tool = {
    name: "get_knowledge_base",
    description: "Knows.",
    inputSchema: { type: "object" },
    readOnly: true,
    server: "knowledge",
  };
  const toolbox = {
    list: async () => [tool],
    sources: async () => [],
    call: async () => ({ content: "known", isError: false }),
  };
  const model = {
    complete: async () => {
      const name = askFor();
      const toolCalls = name === undefined ? [] : [{ id: "call-1", name, arguments: "{}" }];
      const finishReason = name === undefined ? ("stop" as const) : ("tool_calls" as const);
      const usage = { promptTokens: 1, completionTokens: 1 };
      return { ok: true, reply: { text: "Done.", toolCalls, model: "scripted", usage, finishReason } } as const;
    },
  };
  const schedule = createScheduleConversation(ports, toolbox, { minimumIntervalSeconds: 60 });
  const trigger = createTriggerSchedule(ports);
  const cancel = createCancelRun(ports);
  const say = createContinueConversation(ports);
  return Object.assign(time, {
    ports,
    /** Says it and does not wait. */
    say: (request: ContinueRequest) => say(localPrincipal, request, { signal: AbortSignal.abort() }),
    forget: (conversation: string) => createDeleteConversation(ports)(localPrincipal, conversation),
    dispatchDue: createDispatchDue(ports, createHeartbeat(blobs)),
    handleRunMessage: createHandleRunMessage(ports, { model, toolbox, isStopping: () => time.isStopping }),
    schedule: async (
      timing: { run_at?: string; every_minutes?: number },
      conversation: "new" | "continue" = "new",
      policies: Partial<Policies> = {},
      told: Pick<ScheduleRequest, "notify" | "notifyUrl"> = {},
    ) => {
      const request = { name: "Report", prompt: "What happened?", timing, conversation, policies, ...told };
      return (await schedule(localPrincipal, request)).schedule;
    },
    trigger: (request: TriggerRequest) => trigger(localPrincipal, request),
    cancel: (run: string) => cancel(localPrincipal, run),
    whatHappened: () => createWhatHappened(ports)(localPrincipal, { limit: 10 }),
    /** What was sent since the last count, by kind. */
    count() {
      const counts: Record<string, number> = {};
      for (const { kind } of storage.takeOperations()) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    },
  });
}
