import {
  type History,
  type HistoryEntry,
  parseConversationName,
  parseHistoryName,
  parseScheduleName,
} from "../../shared/azure/storage/names.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { Instant } from "../../shared/kernel/clock.ts";
import { type Run, type RunReference, runId, runSchema } from "../../shared/runs/run.ts";
import { type Schedule, scheduleSchema } from "../../shared/schedule/schedule.ts";
import type { BlobChange } from "../support/memory-blobs.ts";
import { readLinesOnce, readOnce } from "../support/read-once.ts";
import { createDamageBook, type Damageable } from "./damage-book.ts";

/** Whoever wants to know of a change at the moment at which storage accepted it. */
export interface LedgerReader {
  schedule(after: Schedule, before: Schedule | undefined): void;
  run(after: Run, before: Run | undefined): void;
  events(conversation: string, segment: number, added: readonly LoggedEvent[]): void;
  /** The segment is gone, and one of the same number may be begun anew. None: the head went, and all with it. */
  removed(conversation: string, segment: number | undefined): void;
}

export type Ledger = ReturnType<typeof createLedger>;

/**
 * What storage holds, kept up to date change by change: a check then costs what changed and not what is stored, and
 * is the same for storage in memory and for real storage.
 */
export function createLedger() {
  const schedules = new Map<string, Schedule>();
  const runs = new Map<string, Run>();
  const markers = new Set<string>();
  /** Entries in the owners' histories, by run. */
  const histories = { history: new Map<string, HistoryEntry[]>(), unusual: new Map<string, HistoryEntry[]>() };
  /** Everything that was ever written, for the search for secrets. */
  const texts: string[] = [];
  const damage = createDamageBook();
  /** What was copied to the quarantine and is removed next. */
  const copied = new Set<string>();
  /** Conversations that somebody has deleted, also when they began anew. */
  const forgotten = new Set<string>();
  let reader: LedgerReader | undefined;
  let isOurs = false;

  function apply(change: BlobChange): void {
    if (isOurs) return;
    if (change.name.startsWith("quarantine/")) return void copied.add(change.name.replace(/^quarantine\/|\.\d+$/g, ""));
    const [folder] = change.name.split("/", 1);
    if (change.kind === "removed") return void remove(change.name);
    if (folder === "due") markers.add(change.name);
    if (folder === "schedules") writeSchedule(change.name, change.text);
    if (folder === "runs") writeRun(change.text);
    if (folder === "history" || folder === "unusual") writeHistory(change.name, folder);
    if (change.kind === "appended") writeEvents(change.name, change.text);
    if (change.text.includes(secretMark)) texts.push(`${change.name}: ${change.text}`);
  }

  function remove(name: string): void {
    markers.delete(name);
    const { id, segment } = parseConversationName(name) ?? {};
    const isSetAside = copied.delete(name);
    if (id === undefined || isSetAside) return;
    if (segment === undefined) forgotten.add(id);
    reader?.removed(id, segment);
  }

  function writeSchedule(name: string, text: string): void {
    const id = parseScheduleName(name) ?? "";
    const after = readOnce(scheduleSchema, text, { kind: "schedule", id });
    const before = schedules.get(id);
    schedules.set(id, after);
    reader?.schedule(after, before);
  }

  function writeRun(text: string): void {
    const after = readOnce(runSchema, text, { kind: "run", id: "" });
    const before = runs.get(runId(after));
    runs.set(runId(after), after);
    reader?.run(after, before);
  }

  function writeHistory(name: string, folder: History): void {
    const entry = parseHistoryName(name, folder);
    if (entry !== undefined) entriesOf(folder, entry).push(entry);
  }

  function entriesOf(folder: History, reference: RunReference): HistoryEntry[] {
    const id = runId(reference);
    const entries = histories[folder].get(id) ?? [];
    histories[folder].set(id, entries);
    return entries;
  }

  function writeEvents(name: string, text: string): void {
    const { id = name, segment = 0 } = parseConversationName(name) ?? {};
    reader?.events(id, segment, readLinesOnce(text, { kind: "conversation segment", id }));
  }

  /** Spoils a blob from outside, unless `write` says that it could not: nobody knows any more what it said. */
  async function spoil(blob: Damageable, at: Instant, write: () => Promise<boolean>): Promise<boolean> {
    isOurs = true;
    const isSpoilt = await write().finally(() => {
      isOurs = false;
    });
    if (!isSpoilt) return false;
    damage.enter(blob, at);
    if (blob.kind === "schedule") schedules.delete(blob.value.id);
    if (blob.kind === "run") runs.delete(runId(blob.value));
    return true;
  }

  return {
    schedules: schedules as ReadonlyMap<string, Schedule>,
    runs: runs as ReadonlyMap<string, Run>,
    damage: damage as Omit<typeof damage, "enter">,
    isForgotten: (conversation: string): boolean => forgotten.has(conversation),
    spoil,
    markers: markers as ReadonlySet<string>,
    entriesOf: entriesOf as (folder: History, reference: RunReference) => readonly HistoryEntry[],
    leaks: texts as readonly string[],
    apply,
    read: (by: LedgerReader) => {
      reader = by;
    },
  };
}

/** Stands in the errors that models and tools throw, as a key or an address would. */
export const secretMark = "sk-planted-secret";
