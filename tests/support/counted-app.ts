import { localPrincipal } from "../../shared/access/principal.ts";
import { createApprovalStore } from "../../shared/azure/storage/approval-store.ts";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createHeartbeat } from "../../shared/azure/storage/heartbeat.ts";
import { createQuarantine } from "../../shared/azure/storage/quarantine.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import { silentTelemetry } from "../../shared/kernel/telemetry.ts";
import type { Ports } from "../../shared/protocol/ports.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import { createCancelRun } from "../../shared/use-cases/cancel-run.ts";
import { type ContinueRequest, createContinueConversation } from "../../shared/use-cases/continue-conversation.ts";
import { createDeleteConversation } from "../../shared/use-cases/delete-conversation.ts";
import { createDispatchDue } from "../../shared/use-cases/dispatch-due.ts";
import { createHandleRunMessage } from "../../shared/use-cases/handle-run-message.ts";
import { createScheduleConversation, type ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createTriggerSchedule, type TriggerRequest } from "../../shared/use-cases/trigger-schedule.ts";
import { createWhatHappened } from "../../shared/use-cases/what-happened.ts";
import { createTestStorage, freshName } from "./azurite-storage.ts";
import { createSequentialIds } from "./sequential-ids.ts";

export const start = Date.parse("2026-12-01T07:00:00Z");
export const shards = 4;

/** The app's storage side on real storage, with a clock that the test sets. `askFor` names a tool the model wants. */
export function createCountedApp(askFor: () => string | undefined = () => undefined) {
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
    telemetry: silentTelemetry,
    settings: {
      lookAheadMs: 2 * minuteMs,
      alarmGraceMs: 90 * secondMs,
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
