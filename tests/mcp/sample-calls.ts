import { localPrincipal, type Principal } from "../../shared/access/principal.ts";
import { hourMs, minuteMs, secondMs } from "../../shared/kernel/clock.ts";
import type { OpenRun } from "../../shared/schedule/schedule.ts";
import { sampleApproval, sampleRun } from "../support/sample-records.ts";
import type { MemoryApp, ToolAnswer } from "./memory-app.ts";

/** Every morning at eight in Berlin. */
export const morningReport = {
  name: "Morning report",
  prompt: "How do I reset my password?",
  cron: "0 8 * * *",
  time_zone: "Europe/Berlin",
};

/** Schedules a conversation and gives its id. */
export async function scheduled(app: MemoryApp, input: object = {}, principal?: Principal): Promise<string> {
  const { structured, text } = await app.call("schedule_conversation", { ...morningReport, ...input }, principal);
  if (structured === undefined) throw new Error(`Not scheduled: ${text}`);
  return String(structured.schedule_id);
}

export interface Talk {
  readonly scheduleId: string;
  readonly runId: string;
  readonly conversationId: string;
}

/** A schedule whose first run is over, with a transcript. */
export async function oneRun(app: MemoryApp, principal?: Principal): Promise<Talk> {
  const once = { name: "Once", prompt: morningReport.prompt, run_at: "2026-11-20T09:01:00Z" };
  const { structured } = await app.call("schedule_conversation", once, principal);
  app.passTime(minuteMs);
  await app.workQueue();
  const scheduleId = String(structured?.schedule_id);
  const runs = await app.call("list_runs", { schedule_id: scheduleId }, principal);
  const [run] = itemsOf<{ id: string; conversation_id: string }>(runs, "runs");
  if (run === undefined) throw new Error("The run did not take place.");
  return { scheduleId, runId: run.id, conversationId: run.conversation_id };
}

export interface Waiting {
  readonly scheduleId: string;
  readonly runId: string;
  readonly approvalId: string;
}

/** A schedule whose run waits for its owner: it wants to send something. */
export async function oneWaiting(app: MemoryApp, principal: Principal = localPrincipal): Promise<Waiting> {
  const scheduleId = await scheduled(app, { name: "Sends" }, principal);
  const { owner } = principal;
  const now = app.ports.clock.now();
  const [key, step, expiresAt] = [`p${now / secondMs}`, 4, now + 24 * hourMs];
  const conversationId = `${scheduleId.slice(0, -1)}f`;
  const run = { key, slot: now, kind: "planned", conversationId } as const;
  const waiting = { state: "waiting_approval", waiting: { step, expiresAt }, epoch: 1, startedAt: now } as const;
  await app.ports.runs.create(sampleRun({ scheduleId, owner, ...run, ...waiting }));
  const schedule = await app.ports.schedules.read(scheduleId);
  const entry: OpenRun = { ...run, state: "active", openedAt: now };
  if (schedule !== undefined) {
    await app.ports.schedules.replace({ ...schedule.value, open: [entry] }, schedule.version);
  }
  await app.ports.approvals.create(sampleApproval({ scheduleId, key, step, owner, requestedAt: now, expiresAt }));
  return { scheduleId, runId: `${scheduleId}.${key}`, approvalId: `${scheduleId}.${key}.${step}` };
}

/** A list of an answer; none when the answer is an error. */
export const itemsOf = <T>({ structured }: ToolAnswer, name: string) => (structured?.[name] ?? []) as readonly T[];

/** So many runs of one schedule, each with a conversation of its own. */
export async function manyRuns(app: MemoryApp, count: number): Promise<void> {
  const id = await scheduled(app);
  for (let run = 0; run < count; run++) {
    await app.call("trigger_schedule", { id });
    await app.workQueue();
    app.passTime(secondMs);
  }
}
