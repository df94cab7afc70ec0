import { randomUUID } from "node:crypto";
import type { Instant } from "../../../shared/kernel/clock.ts";
import { type KeptTime, momentOf } from "./time.ts";

/** In the order of their numbers. */
export const statuses = ["Scheduled", "InProgress", "Completed", "Failed", "Cancelled"] as const;

export type Status = (typeof statuses)[number];

export interface Target {
  readonly id: string;
  readonly endpoint: string;
  readonly method: string;
  /** A map of headers as JSON text, possibly none. */
  readonly headersJson: string | null;
  readonly additionalInfo: string | null;
}

export interface Conversation {
  readonly id: string;
  readonly scheduledTime: KeptTime;
  readonly text: string;
  readonly target: Target;
  readonly createdAt: KeptTime;
  readonly updatedAt: KeptTime;
  readonly status: Status;
}

export type NewConversation = Pick<Conversation, "scheduledTime" | "text"> & { readonly target: Omit<Target, "id"> };

/** What outlives the service's process. */
export interface Conversations {
  /** @param targetId given by the caller, who must not give one twice */
  add(conversation: NewConversation, now: Instant, targetId?: string): Conversation | undefined;
  find(id: string): Conversation | undefined;
  /** true only for one that was waiting. */
  cancel(id: string, now: Instant): boolean;
  mark(id: string, status: Status, now: Instant): void;
  /** In the order in which they came. */
  all(): readonly Conversation[];
}

export function createConversations(): Conversations {
  const kept = new Map<string, Conversation>();
  const mark = (id: string, status: Status, now: Instant) => {
    const before = kept.get(id);
    if (before !== undefined) kept.set(id, { ...before, status, updatedAt: momentOf(now) });
  };
  return {
    add({ scheduledTime, text, target }, now, targetId = randomUUID()) {
      if ([...kept.values()].some((other) => other.target.id === targetId)) return undefined;
      const moment = momentOf(now);
      const times = { scheduledTime, createdAt: moment, updatedAt: moment };
      const added = { id: randomUUID(), ...times, text, target: { ...target, id: targetId }, status: statuses[0] };
      kept.set(added.id, added);
      return added;
    },
    find: (id) => kept.get(id),
    cancel(id, now) {
      if (kept.get(id)?.status !== "Scheduled") return false;
      mark(id, "Cancelled", now);
      return true;
    },
    mark,
    all: () => [...kept.values()],
  };
}

/** A GUID in any of the spellings that the service reads, in its own spelling; undefined when it is none. */
export function readGuid(text: string): string | undefined {
  const bare = /^\{(.*)\}$|^\((.*)\)$/.exec(text);
  const inner = bare?.[1] ?? bare?.[2] ?? text;
  if (/^[0-9a-f]{32}$/i.test(inner) && bare === null) return dashed(inner.toLowerCase());
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(inner) ? inner.toLowerCase() : undefined;
}

const dashed = (digits: string): string => digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
