import { createApprovalStore } from "../../shared/azure/storage/approval-store.ts";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createHeartbeat } from "../../shared/azure/storage/heartbeat.ts";
import { createQuarantine } from "../../shared/azure/storage/quarantine.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { type Clock, hourMs, type Instant, minuteMs, type Sleep, secondMs } from "../../shared/kernel/clock.ts";
import type { AppEvent, Events } from "../../shared/kernel/events.ts";
import { silentTelemetry } from "../../shared/kernel/telemetry.ts";
import type { Ports, ProtocolSettings } from "../../shared/protocol/ports.ts";
import type { Notifier } from "../../shared/runs/notifier.ts";
import { createMemoryBlobs, type InterceptBlobs, type MemoryBlobs, type OnBlobChange } from "./memory-blobs.ts";
import { createMemoryQueue, type MemoryQueue, type MemoryQueueOptions } from "./memory-queue.ts";
import { readLinesOnce, readOnce } from "./read-once.ts";
import { createSequentialIds } from "./sequential-ids.ts";

/** One request to storage: to a blob, or a message that is sent (its name is its text). */
export interface StorageOperation {
  readonly kind: Parameters<InterceptBlobs>[0]["kind"] | "send";
  readonly name: string;
}

/** Stands between the stores and the storage; see `InterceptBlobs`. */
export type Intercept = <T>(operation: StorageOperation, perform: () => T) => Promise<T>;

export interface MemoryPortsOptions {
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly intercept: Intercept;
  readonly settings?: Partial<ProtocolSettings> | undefined;
  readonly onChange?: OnBlobChange | undefined;
  readonly deliverAfter?: MemoryQueueOptions["deliverAfter"];
  /** Hears of each event too. */
  readonly log?: Events | undefined;
  /** Takes what owners are told; without, a receiver that is always there. */
  readonly notifier?: Notifier | undefined;
  /** What stands behind the stores; without it, storage in memory. */
  readonly service?: StorageService | undefined;
}

/** Blobs and one queue, each call of them passed through `intercept`. */
export type StorageService = (
  options: Pick<MemoryPortsOptions, "intercept" | "onChange" | "deliverAfter"> & { readonly now: () => Instant },
) => { readonly blobs: MemoryBlobs; readonly messages: MemoryQueue };

export const memoryService: StorageService = ({ now, intercept, onChange, deliverAfter }) => ({
  blobs: createMemoryBlobs({ now, intercept, onChange }),
  messages: createMemoryQueue({
    now,
    deliverAfter,
    intercept: (text, perform) => intercept({ kind: "send", name: text }, perform),
  }),
});

/** The real stores on storage in memory, with given time and ids in order. The dice always fall in the middle. */
export function createMemoryPorts(options: MemoryPortsOptions) {
  const { clock, sleep, settings, log, notifier, service = memoryService } = options;
  const ids = createSequentialIds();
  const recorded: AppEvent[] = [];
  const events: Events = {
    record(event) {
      recorded.push(event);
      log?.record(event);
    },
  };
  const { blobs, messages } = service({ ...options, now: clock.now });
  const allSettings = { ...testSettings, ...settings };
  const ports: Ports = {
    schedules: createScheduleStore(blobs, ids, events, readOnce),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids, events, readOnce),
    approvals: createApprovalStore(blobs, ids, events),
    log: createConversationLog(blobs, ids, allSettings, readLinesOnce),
    quarantine: createQuarantine(blobs, clock),
    queue: createRunQueue(messages),
    notifier: notifier ?? { deliver: async () => ({ kind: "delivered", status: 204 }) },
    clock,
    ids,
    sleep,
    dice: () => 0.5,
    events,
    telemetry: silentTelemetry,
    settings: allSettings,
  };
  return { ports, heartbeat: createHeartbeat(blobs), blobs, messages, recorded };
}

/** As in Azure, but for one shard: an idle tick then costs two calls. */
const testSettings: ProtocolSettings = {
  lookAheadMs: 2 * minuteMs,
  alarmGraceMs: 90 * secondMs,
  dueShards: 1,
  leaseSeconds: 60,
  sliceMs: 8 * minuteMs,
  modelCallMs: 4 * minuteMs,
  toolCallMs: minuteMs,
  contextTokens: 128_000,
  notify: { format: "standard", takesUrls: true, isLocal: false },
  approvalMs: 24 * hourMs,
  segmentEvents: 1000,
  segmentBytes: 1024 * 1024,
};
