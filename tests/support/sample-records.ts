import type { ConversationHead } from "../../shared/conversations/conversation-log.ts";
import type { ConversationEvent } from "../../shared/conversations/events.ts";
import type { Approval } from "../../shared/runs/approval.ts";
import type { Run } from "../../shared/runs/run.ts";
import { defaultPolicies } from "../../shared/schedule/policies.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

/** Records with every field in a plausible state; a test names what it is about. */

export const sampleOwner = "0a1b2c";
export const sampleSlot = Date.parse("2026-12-01T07:00:00Z");

/** An id of the owner's, different for each number. */
export const sampleId = (number: number, owner = sampleOwner): string =>
  `${owner}-00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

export const sampleSchedule = (overrides: Partial<Schedule> = {}): Schedule => ({
  v: 1,
  id: sampleId(1),
  owner: sampleOwner,
  createdAt: sampleSlot - 86_400_000,
  updatedAt: sampleSlot - 86_400_000,
  revision: 1,
  definition: {
    name: "Morning report",
    prompt: "What happened überall overnight?",
    plan: {
      when: { kind: "cron", expression: "0 8 * * *" },
      timeZone: "Europe/Berlin",
      gap: "skip",
      exceptDates: ["2026-12-24"],
    },
    conversation: "new",
    policies: defaultPolicies,
    tags: ["daily"],
  },
  status: "active",
  next: sampleSlot,
  marker: { shard: 2, slot: sampleSlot, seq: 1 },
  seq: 1,
  open: [],
  counted: 0,
  finished: 0,
  failures: 0,
  segment: 0,
  skippedLocalTimes: [],
  ...overrides,
});

export const sampleRun = (overrides: Partial<Run> = {}): Run => ({
  v: 1,
  scheduleId: sampleId(1),
  key: `p${sampleSlot / 1000}`,
  owner: sampleOwner,
  slot: sampleSlot,
  kind: "planned",
  conversationId: sampleId(9),
  state: "queued",
  createdAt: sampleSlot,
  epoch: 0,
  crashes: 0,
  failures: 0,
  turns: 0,
  toolCalls: 0,
  promptTokens: 0,
  completionTokens: 0,
  ...overrides,
});

export const sampleApproval = (overrides: Partial<Approval> = {}): Approval => ({
  v: 1,
  scheduleId: sampleId(1),
  key: `p${sampleSlot / 1000}`,
  step: 4,
  owner: sampleOwner,
  scheduleName: "Morning report",
  conversationId: sampleId(9),
  calls: [{ id: "call-1", name: "send", arguments: '{"to":"überall"}' }],
  requestedAt: sampleSlot,
  expiresAt: sampleSlot + 86_400_000,
  ...overrides,
});

export const sampleHead = (overrides: Partial<ConversationHead> = {}): ConversationHead => ({
  v: 1,
  id: sampleId(9),
  owner: sampleOwner,
  title: "Morning report",
  scheduleId: sampleId(1),
  createdAt: sampleSlot,
  segment: 0,
  ...overrides,
});

export const sampleEvent = (text: string): ConversationEvent => ({
  type: "user",
  v: 1,
  id: `event-${text}`,
  time: sampleSlot,
  run: `p${sampleSlot / 1000}`,
  step: 0,
  text,
});
