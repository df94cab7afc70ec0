import { describe, expect, it } from "vitest";
import { minuteMs } from "../../shared/kernel/clock.ts";
import { decideAdmission } from "../../shared/schedule/admission.ts";
import {
  chatDefinition,
  closedGate,
  holderOf,
  isChatGate,
  newChatGate,
  saidAt,
} from "../../shared/schedule/chat-gate.ts";
import { decideDue } from "../../shared/schedule/due.ts";
import { released } from "../../shared/schedule/release.ts";
import { isChatKey, slotInRunKey, triggeredRunKey } from "../../shared/schedule/run-key.ts";
import { type OpenRun, type Schedule, scheduleSchema } from "../../shared/schedule/schedule.ts";
import { openRun, openSchedule, openSlot } from "../support/open-schedule.ts";
import { sampleId } from "../support/sample-records.ts";

const now = openSlot(0) + 500;
const conversation = sampleId(9);
const gate = newChatGate({ id: sampleId(2), owner: "0a1b2c", chatIn: conversation }, definitionOf(undefined), now);
const chat: OpenRun = openRun({ key: "cab12.5", kind: "chat", message: "Hello", conversationId: conversation });
const trigger = { id: "ab12", slot: openSlot(0), fingerprint: "f" };

function definitionOf(schedule: Schedule | undefined) {
  return chatDefinition(schedule, "Hello", now);
}

const said = (before: Schedule): Schedule =>
  saidAt(before, { definition: definitionOf(undefined), segment: 3, trigger, entry: chat, now });

describe("the gate of what people say in a conversation", () => {
  it("plans nothing, and nobody takes it for a schedule", () => {
    expect(gate).toMatchObject({ next: null, marker: null, status: "completed", open: [] });
    expect([isChatGate(gate), isChatGate(openSchedule({}))]).toEqual([true, false]);
    expect(decideDue(gate, now, 10 * minuteMs)).toEqual({ kind: "not_yet" });
  });

  it("can be stored and read", () => {
    const opened = said(gate);
    expect(scheduleSchema.parse(JSON.parse(JSON.stringify(scheduleSchema.encode(opened))))).toEqual(opened);
  });

  it("is active while somebody waits for an answer, and completed after it", () => {
    const opened = said(gate);
    expect(opened).toMatchObject({ status: "active", segment: 3, open: [chat], triggers: [trigger], revision: 2 });
    const entry = { ...chat, state: "active" } as const;
    const ended = { key: chat.key, id: "x", outcome: "failed", endedAt: now, usage: [] } as const;
    const { schedule, wake } = released({ ...opened, open: [entry] }, ended, now);
    expect(schedule).toMatchObject({ status: "completed", open: [], finished: 1 });
    expect(wake).toEqual([]);
  });

  it("is opened again after the conversation was deleted and begun anew", () => {
    const closed = closedGate(said(gate), now);
    expect(closed).toMatchObject({ status: "deleted", segment: 0, revision: 3 });
    expect(said(closed).status).toBe("active");
  });

  it("is never paused by failures", () => {
    const opened = { ...said(gate), failures: 99, open: [{ ...chat, state: "active" as const }] };
    const ended = { key: chat.key, id: "x", outcome: "failed", endedAt: now, usage: [] } as const;
    expect(released(opened, ended, now).schedule).toMatchObject({ status: "completed", failures: 100 });
  });

  it("lets what is said wait behind a live run", () => {
    const live = openRun({ key: "cab11.4", kind: "chat", state: "active" });
    expect(decideAdmission({ ...said(gate), open: [live, chat] }, chat, [live])).toEqual({ kind: "buffer" });
    expect(decideAdmission(said(gate), chat, [])).toEqual({ kind: "admit" });
  });
});

describe("what a run may do in which a person talks", () => {
  const schedule = openSchedule({ maxRuns: 3, jitterSeconds: 5, approval: "always", maxTokensPerMonth: 9000 });
  const definition = { ...schedule.definition, allowedTools: ["send"], model: "large" };

  it("is what the schedule's runs may", () => {
    const { policies, ...chatted } = definitionOf({ ...schedule, definition });
    expect(chatted).toMatchObject({ name: "Morning report", allowedTools: ["send"], model: "large", prompt: "" });
    expect(policies).toMatchObject({ approval: "always", maxTokensPerMonth: 9000, pauseAfterFailures: 0 });
    expect(policies).not.toHaveProperty("maxRuns");
    expect(policies).not.toHaveProperty("jitterSeconds");
  });

  it("is everything, and asks before it writes, without a schedule or with a deleted one", () => {
    const deleted = definitionOf({ ...schedule, definition, status: "deleted" });
    expect(deleted).toEqual(definitionOf(undefined));
    expect(deleted).toMatchObject({ name: "Hello", allowedTools: ["*"], policies: { approval: "writes" } });
  });
});

describe("a run has hold of a conversation", () => {
  const holder = (entry: Partial<OpenRun>, at = now) =>
    holderOf(openSchedule({}, { open: [openRun({ conversationId: conversation, ...entry })] }), conversation, at) !==
    undefined;

  it.each<[string, boolean, Partial<OpenRun>]>([
    ["while it goes on", true, { state: "active" }],
    ["while it is buffered", true, { state: "buffered" }],
    ["once its moment has come", true, { state: "pending" }],
    ["not before its moment", false, { state: "pending", slot: openSlot(1) }],
    ["not when it was refused", false, { state: "refused" }],
    ["not when its conversation is another", false, { state: "active", conversationId: sampleId(8) }],
  ])("%s: %s", (_when, holds, entry) => {
    expect(holder(entry)).toBe(holds);
  });

  it("from its start on, when jitter moves that", () => {
    const schedule = openSchedule({ jitterSeconds: 500 }, { open: [openRun({ conversationId: conversation })] });
    expect(holderOf(schedule, conversation, openSlot(0))).toBeUndefined();
    expect(holderOf(schedule, conversation, openSlot(0) + 500_000)).toBeDefined();
  });
});

describe("the key of such a run", () => {
  it("holds the moment, and is told from the others", () => {
    const key = triggeredRunKey("chat", "ab12", openSlot(0));
    expect(key).toBe(`cab12.${openSlot(0) / 1000}`);
    expect(slotInRunKey(key)).toBe(openSlot(0));
    expect([key, "p5", "mc1.5", "bc1.5"].map(isChatKey)).toEqual([true, false, false, false]);
  });
});
