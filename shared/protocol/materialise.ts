import { ownedId, ownerInId } from "../access/owned-id.ts";
import type { Instant } from "../kernel/clock.ts";
import { derivedId } from "../kernel/ids.ts";
import type { Run } from "../runs/run.ts";
import { withSilenceNotice } from "../runs/what-to-tell.ts";
import { startOf } from "../schedule/jitter.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import { noteNotices, sendNotices } from "./notify.ts";
import type { Ports } from "./ports.ts";

/**
 * Gives an open entry its record and its message. May be repeated by anyone: the record is create-only and a second
 * message changes nothing. Two storage calls.
 */
export async function materialise(ports: Ports, schedule: Schedule, entry: OpenRun): Promise<Run> {
  const { created, current } = await ports.runs.create(firstRecord(ports, schedule, entry));
  await wake(ports, schedule.id, entry.key, startOf(schedule, entry) - ports.clock.now());
  // A report of work is recorded before its slot is dispatched, when nobody knows yet that it is found late.
  const tell = (run: Run) => withSilence(ports, schedule, entry, run);
  const run = (created ? undefined : await noteNotices(ports, current, tell)) ?? current.value;
  await sendNotices(ports, run);
  return run;
}

/** The record of an open entry, with what its owner is to be told before anybody works on it. */
export function firstRecord(ports: Ports, schedule: Schedule, entry: OpenRun): Run {
  return withSilence(ports, schedule, entry, newRun(schedule, entry, ports.clock.now()));
}

const withSilence = ({ settings }: Ports, { definition }: Schedule, { afterSilence }: OpenRun, run: Run): Run =>
  afterSilence === true ? withSilenceNotice(run, definition, settings.notify) : run;

/** Sends a message about the run, seen after `delayMs` (below 0: at once). One storage call. */
export const wake = (ports: Ports, scheduleId: string, key: string, delayMs = 0): Promise<void> =>
  ports.queue.enqueue({ v: 1, scheduleId, key }, Math.max(0, delayMs));

/** What opens a run at the gate; a swap of the schedule writes it. */
export const newEntry = (
  schedule: Schedule,
  run: Pick<OpenRun, "key" | "slot" | "kind" | "alarm" | "afterSilence" | "message">,
  openedAt: Instant,
): OpenRun => ({ ...run, state: "pending", conversationId: conversationIdFor(schedule, run.key), openedAt });

/** The record of an open entry, before anybody has worked on it. */
export function newRun(schedule: Pick<Schedule, "id" | "owner">, entry: OpenRun, now: Instant): Run {
  return {
    v: 1,
    scheduleId: schedule.id,
    key: entry.key,
    owner: schedule.owner,
    slot: entry.slot,
    kind: entry.kind,
    conversationId: entry.conversationId,
    ...(entry.alarm === undefined ? {} : { alarm: entry.alarm }),
    ...(entry.message === undefined ? {} : { message: entry.message }),
    state: "queued",
    createdAt: now,
    epoch: 0,
    crashes: 0,
    failures: 0,
    turns: 0,
    toolCalls: 0,
    promptTokens: 0,
    completionTokens: 0,
  };
}

/**
 * One conversation for each run, or one for all runs: derived, so that everybody who repeats a step means the same. What
 * a person says is said in the conversation whose gate this is.
 */
export function conversationIdFor({ id, definition, chatIn }: Schedule, key: string): string {
  if (chatIn !== undefined) return chatIn;
  return definition.conversation === "new" ? ownConversationId(id, key) : continuedConversationId(id);
}

/** The conversation that all runs of a schedule continue. */
export const continuedConversationId = (scheduleId: string): string => derived(scheduleId, scheduleId);

/** By the run and not by its schedule, which may have been changed from new to continue or back since. */
export const hasOwnConversation = ({
  scheduleId,
  key,
  conversationId,
}: Pick<Run, "scheduleId" | "key" | "conversationId">): boolean =>
  conversationId === ownConversationId(scheduleId, key);

const ownConversationId = (scheduleId: string, key: string): string => derived(scheduleId, `${scheduleId}.${key}`);

const derived = (scheduleId: string, seed: string): string =>
  ownedId(ownerInId(scheduleId) ?? "", derivedId("conversation", seed));
