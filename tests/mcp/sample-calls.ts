import type { Principal } from "../../shared/access/principal.ts";
import { minuteMs } from "../../shared/kernel/clock.ts";
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

/** A list of an answer; none when the answer is an error. */
export const itemsOf = <T>({ structured }: ToolAnswer, name: string) => (structured?.[name] ?? []) as readonly T[];
