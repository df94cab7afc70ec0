import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { createDueMarkers } from "../../shared/azure/storage/due-markers.ts";
import { createHeartbeat } from "../../shared/azure/storage/heartbeat.ts";
import { createRunQueue } from "../../shared/azure/storage/run-queue.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import { type Clock, minuteMs, type Sleep } from "../../shared/kernel/clock.ts";
import type { AppEvent } from "../../shared/kernel/events.ts";
import type { Ports, ProtocolSettings } from "../../shared/protocol/ports.ts";
import { createMemoryBlobs, type InterceptBlobs } from "./memory-blobs.ts";
import { createMemoryQueue } from "./memory-queue.ts";
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
  readonly settings?: Partial<ProtocolSettings>;
}

/** The real stores on storage in memory, with given time and ids in order. The dice always fall in the middle. */
export function createMemoryPorts({ clock, sleep, intercept, settings }: MemoryPortsOptions) {
  const ids = createSequentialIds();
  const recorded: AppEvent[] = [];
  const events = { record: (event: AppEvent) => void recorded.push(event) };
  const blobs = createMemoryBlobs({ now: clock.now, intercept });
  const messages = createMemoryQueue({
    now: clock.now,
    intercept: (text, perform) => intercept({ kind: "send", name: text }, perform),
  });
  const allSettings = { ...testSettings, ...settings };
  const ports: Ports = {
    schedules: createScheduleStore(blobs, ids),
    markers: createDueMarkers(blobs, events),
    runs: createRunStore(blobs, ids),
    log: createConversationLog(blobs, ids, allSettings),
    queue: createRunQueue(messages),
    clock,
    ids,
    sleep,
    dice: () => 0.5,
    events,
    settings: allSettings,
  };
  return { ports, heartbeat: createHeartbeat(blobs), blobs, messages, recorded };
}

/** As in Azure, but for one shard: an idle tick then costs two calls. */
const testSettings: ProtocolSettings = {
  lookAheadMs: 2 * minuteMs,
  dueShards: 1,
  leaseSeconds: 60,
  sliceMs: 8 * minuteMs,
  modelCallMs: 4 * minuteMs,
  toolCallMs: minuteMs,
};
