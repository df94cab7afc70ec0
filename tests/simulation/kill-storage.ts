import { QueueServiceClient } from "@azure/storage-queue";
import { createIds, localClocks } from "../../shared/app/local-clocks.ts";
import { createAzureStorage } from "../../shared/azure/storage/azure-storage.ts";
import type { Blobs } from "../../shared/azure/storage/blobs.ts";
import { createConversationLog } from "../../shared/azure/storage/conversation-log.ts";
import { type HistoryEntry, parseConversationName, parseHistoryName } from "../../shared/azure/storage/names.ts";
import { createRunStore } from "../../shared/azure/storage/run-store.ts";
import { createScheduleStore } from "../../shared/azure/storage/schedule-store.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { Run } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

const silent = { record: () => undefined };

/** Everything that stands in storage. */
export interface Stored {
  readonly schedules: readonly Schedule[];
  readonly runs: readonly Run[];
  readonly history: readonly HistoryEntry[];
  readonly conversations: ReadonlyMap<string, readonly LoggedEvent[]>;
}

/** The test's own view of storage: no host takes part in it. */
export function openStored(connectionString: string, container: string) {
  const blobs = createAzureStorage({ connectionString }, localClocks).blobs(container);
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  const schedules = createScheduleStore(blobs, createIds(), silent);
  return {
    /** Completed, and nothing is open any more. */
    async isCompleted(id: string): Promise<boolean> {
      const current = await schedules.read(id);
      return current?.value.status === "completed" && current.value.open.length === 0;
    },
    dueMarkers: () => namesIn(blobs, "due/"),
    /** Messages in both queues, hidden ones included: Azurite's count is exact. */
    async countMessages(): Promise<number> {
      const counts = [`${container}-runs`, `${container}-runs-poison`].map((name) => countIn(queues, name));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    read: (scheduleIds: readonly string[]) => readAll(blobs, scheduleIds),
  };
}

async function readAll(blobs: Blobs, scheduleIds: readonly string[]): Promise<Stored> {
  const ids = createIds();
  const scheduleStore = createScheduleStore(blobs, ids, silent);
  const runStore = createRunStore(blobs, ids, silent);
  const schedules: Schedule[] = [];
  const runs: Run[] = [];
  for (const id of scheduleIds) {
    const current = await scheduleStore.read(id);
    if (current !== undefined) schedules.push(current.value);
    runs.push(...(await runStore.list(id, { limit: 1000 })).items);
  }
  const history = (await namesIn(blobs, "history/")).flatMap((name) => parseHistoryName(name) ?? []);
  return { schedules, runs, history, conversations: await readConversations(blobs) };
}

async function readConversations(blobs: Blobs): Promise<Map<string, LoggedEvent[]>> {
  const log = createConversationLog(blobs, createIds(), { leaseSeconds: 60 });
  const conversations = new Map<string, LoggedEvent[]>();
  for (const name of await namesIn(blobs, "conversations/")) {
    const parsed = parseConversationName(name);
    if (parsed?.segment === undefined) continue;
    const segment = await log.readSegment(parsed.id, parsed.segment);
    conversations.set(parsed.id, [...(conversations.get(parsed.id) ?? []), ...(segment?.events ?? [])]);
  }
  return conversations;
}

async function namesIn(blobs: Blobs, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.listPage({ prefix, limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    names.push(...page.blobs.map(({ name }) => name));
    if (page.cursor === undefined) return names;
    cursor = page.cursor;
  }
}

async function countIn(queues: QueueServiceClient, name: string): Promise<number> {
  const queue = queues.getQueueClient(name);
  if (!(await queue.exists())) return 0;
  return (await queue.getProperties()).approximateMessagesCount ?? 0;
}
