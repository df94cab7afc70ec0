import { ownerInId } from "../../access/owned-id.ts";
import { type Instant, secondMs } from "../../kernel/clock.ts";
import { AppError } from "../../kernel/errors.ts";
import { type Outcome, outcomeSchema } from "../../kernel/outcome.ts";
import type { ApprovalReference } from "../../runs/approval.ts";
import type { RunReference } from "../../runs/run.ts";
import { slotInRunKey } from "../../schedule/run-key.ts";
import type { Marker } from "../../schedule/schedule.ts";

/**
 * Every blob name, in both directions. A name orders its blob: storage lists in the order of characters, so numbers are
 * zero-padded, and where the newest should come first they are counted down from the largest.
 */

/** The time of the last tick. */
export const heartbeatName = "ticks/last.json";

/** Question and answer pairs that the operator keeps. */
export const knowledgeName = "knowledge/kb.json";

export const allSchedulesPrefix = "schedules/";
export const schedulePrefix = (owner: string): string => `${allSchedulesPrefix}${owner}/`;
export const scheduleName = (id: string): string => `${schedulePrefix(ownerOf(id))}${id}.json`;

/** The schedule's id, or undefined for a name that is not ours. */
export function parseScheduleName(name: string): string | undefined {
  const [, owner, id] = /^schedules\/([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
  return id !== undefined && ownerInId(id) === owner ? id : undefined;
}

export const markerPrefix = (shard: number): string => `due/${shard}/`;

export const markerName = (scheduleId: string, { shard, slot, seq }: Marker): string =>
  `${markerPrefix(shard)}${padded(slot / secondMs, slotDigits)}_${checkedId(scheduleId)}_${seq}`;

export function parseMarkerName(name: string): { scheduleId: string; marker: Marker } | undefined {
  const [, shard, slot, scheduleId, seq] = /^due\/(\d+)\/(\d{12})_([^_/]+)_(\d+)$/.exec(name) ?? [];
  if (scheduleId === undefined || ownerInId(scheduleId) === undefined) return undefined;
  return { scheduleId, marker: { shard: Number(shard), slot: Number(slot) * secondMs, seq: Number(seq) } };
}

export const runPrefix = (scheduleId: string): string => `runs/${ownerOf(scheduleId)}/${scheduleId}/`;

/** The slot is part of the key, so a run is found by its key alone. */
export function runName({ scheduleId, key }: RunReference): string {
  return `${runPrefix(scheduleId)}${inverse(slotSecondsIn(key), slotDigits)}_${key}.json`;
}

export function parseRunName(name: string): RunReference | undefined {
  const [, owner, scheduleId, inverseSlot, key] = /^runs\/([^/]+)\/([^/]+)\/(\d{12})_([^_/]+)\.json$/.exec(name) ?? [];
  if (scheduleId === undefined || key === undefined || ownerInId(scheduleId) !== owner) return undefined;
  const slot = slotInRunKey(key);
  if (slot === undefined || inverse(slot / secondMs, slotDigits) !== inverseSlot) return undefined;
  return { scheduleId, key };
}

export interface HistoryEntry extends RunReference {
  readonly endedAt: Instant;
  readonly outcome: Outcome;
}

/** Every end of a run, and beside it those that are not `succeeded`: found without walking the common ones. */
export type History = "history" | "unusual";

export const historyPrefix = (owner: string, history: History = "history"): string => `${history}/${owner}/`;

/** Ten to the ninth milliseconds, 11.6 days: the first four digits of an end say which stretch it lies in. */
const stretchDigits = 9;

/** Prefixes that together hold every end of a time, and something before and after it; the newest comes first. */
export function historyStretches(owner: string, { from, until }: { from: Instant; until: Instant }, history?: History) {
  const stretchOf = (instant: Instant) => Number(inverse(instant, instantDigits).slice(0, -stretchDigits));
  const [newest, oldest] = [stretchOf(Math.max(from, until - 1)), stretchOf(from)];
  return Array.from(
    { length: oldest - newest + 1 },
    (_, index) => `${historyPrefix(owner, history)}${padded(newest + index, instantDigits - stretchDigits)}`,
  );
}

export function historyName(entry: HistoryEntry, history?: History): string {
  const { scheduleId, key, endedAt, outcome } = entry;
  const prefix = historyPrefix(ownerOf(scheduleId), history);
  return `${prefix}${inverse(endedAt, instantDigits)}_${outcome}_${scheduleId}_${key}`;
}

export function parseHistoryName(name: string, history: History = "history"): HistoryEntry | undefined {
  const [, folder, owner, ended, word, scheduleId, key] =
    /^([a-z]+)\/([^/]+)\/(\d{13})_([a-z_]+)_([^_/]+)_([^_/]+)$/.exec(name) ?? [];
  if (folder !== history) return undefined;
  const outcome = outcomeSchema.safeParse(word);
  if (scheduleId === undefined || key === undefined || !outcome.success) return undefined;
  if (ownerInId(scheduleId) !== owner || slotInRunKey(key) === undefined) return undefined;
  return { scheduleId, key, outcome: outcome.data, endedAt: Number(inverse(Number(ended), instantDigits)) };
}

export const allApprovalsPrefix = "approvals/";
export const approvalPrefix = (owner: string): string => `${allApprovalsPrefix}${owner}/`;

export function approvalName({ scheduleId, key, step }: ApprovalReference): string {
  slotSecondsIn(key);
  return `${approvalPrefix(ownerOf(scheduleId))}${scheduleId}_${key}_${padded(step, stepDigits)}.json`;
}

export function parseApprovalName(name: string): ApprovalReference | undefined {
  const [, owner, scheduleId, key, step] = /^approvals\/([^/]+)\/([^_/]+)_([^_/]+)_(\d{6})\.json$/.exec(name) ?? [];
  if (scheduleId === undefined || key === undefined || ownerInId(scheduleId) !== owner) return undefined;
  return slotInRunKey(key) === undefined ? undefined : { scheduleId, key, step: Number(step) };
}

const conversationPrefix = (owner: string): string => `conversations/${owner}/`;
export const conversationFolder = (id: string): string => `${conversationPrefix(ownerOf(id))}${id}/`;
export const headName = (id: string): string => `${conversationFolder(id)}head.json`;

export const segmentName = (id: string, segment: number): string =>
  `${conversationFolder(id)}${padded(segment, segmentDigits)}.jsonl`;

/** The conversation and, unless the blob is its head, the segment. */
export function parseConversationName(name: string): { id: string; segment?: number } | undefined {
  const [, owner, id, segment] = /^conversations\/([^/]+)\/([^/]+)\/(?:head\.json|(\d{6})\.jsonl)$/.exec(name) ?? [];
  if (id === undefined || ownerInId(id) !== owner) return undefined;
  return segment === undefined ? { id } : { id, segment: Number(segment) };
}

/** Where a blob that cannot be read is kept; `copy` counts those of one name, from 0. */
export const quarantineName = (name: string, copy: number): string =>
  copy === 0 ? `quarantine/${name}` : `quarantine/${name}.${copy}`;

/** 12 digits of seconds last for 31 000 years, 13 of milliseconds until 2286. */
const slotDigits = 12;
const instantDigits = 13;
const segmentDigits = 6;
const stepDigits = 6;

function slotSecondsIn(key: string): number {
  const slot = slotInRunKey(key);
  if (slot === undefined) throw malformed("run key", key);
  return slot / secondMs;
}

function ownerOf(id: string): string {
  const owner = ownerInId(id);
  if (owner === undefined) throw malformed("id", id);
  return owner;
}

function checkedId(id: string): string {
  ownerOf(id);
  return id;
}

/** Undoes itself: the inverse of an inverse is the number. */
const inverse = (number: number, digits: number): string => padded(10 ** digits - 1 - number, digits);

function padded(number: number, digits: number): string {
  const text = String(number).padStart(digits, "0");
  if (!Number.isSafeInteger(number) || number < 0 || text.length > digits) throw malformed("number", text);
  return text;
}

/** A bug: what callers send is checked before it comes here. Nothing foreign may become part of a blob's name. */
const malformed = (what: string, text: string): AppError =>
  new AppError("INTERNAL_ERROR", `No blob can be named after this ${what}.`, { [what]: text });
