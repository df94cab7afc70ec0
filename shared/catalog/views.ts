import { z } from "zod";
import type { LoggedEvent } from "../conversations/events.ts";
import { minuteMs, secondMs, toIso } from "../kernel/clock.ts";
import { approvalId } from "../runs/approval.ts";
import { type Run, runId } from "../runs/run.ts";
import { catchUpWindowText } from "../schedule/catch-up-window.ts";
import { startedRuns } from "../schedule/gate.ts";
import { describeSlot, planInWords } from "../schedule/in-words.ts";
import { defaultNotify, shownUrl } from "../schedule/notify.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { notificationView, viewNotice } from "./notification-view.ts";

const text = (description: string) => z.string().describe(description);
const count = (description: string) => z.int().min(0).max(1_000_000_000).describe(description);

export const words = {
  summary: text("The result in words, fit to be shown to the person."),
  next_step: text("What to do now."),
};

export const slotView = z.object({
  utc: text("ISO 8601, UTC."),
  local: text("Weekday, date and time in the schedule's zone."),
});

const policiesView = z.object({
  overlap: text("skip, buffer_one, cancel_other or allow_all."),
  catch_up: text("one, all or none."),
  catch_up_window: text("How far back catch_up goes, ISO 8601 duration."),
  approval: text("Which tool calls wait for the person: never, writes or always."),
  max_runs: count("Planned runs after which the schedule is completed.").optional(),
  max_attempts: count("Attempts of one run."),
  timeout_minutes: z.number().min(0).max(100_000).describe("Limit of one attempt."),
  pause_after_failures: count("Failed runs in a row after which the schedule pauses itself; 0 never."),
  max_tokens_per_run: count("Tokens that one run may cost."),
  max_tokens_per_month: count("Tokens that the runs of a calendar month may cost together.").optional(),
  jitter_seconds: count("Each run starts up to this many seconds after its slot, by a delay fixed for that slot."),
});

export const scheduleView = z.object({
  id: text("The schedule's id."),
  name: text("The schedule's name."),
  status: text("active, paused or completed."),
  pause_reason: text("What the person who paused it said.").optional(),
  prompt: text("What is said at each run."),
  in_words: text("When it fires, in words."),
  time_zone: text("IANA name."),
  conversation: text("new: one for each run. continue: one for all."),
  next_slot: slotView.optional().describe("The next planned moment."),
  tags: z.array(z.string()),
  allowed_tools: z.array(z.string()).optional().describe("Absent: every read-only tool."),
  model: text("Model or deployment, when the schedule names one.").optional(),
  notify: text("Which ends are told: always, on_change, on_failure or never."),
  notify_url: text("The schedule's own address, without keys. Absent: the operator's.").optional(),
  policies: policiesView,
  open_runs: z.array(z.string()).describe("Ids of the runs that have not ended."),
  runs_started: count("Runs of every kind that were started."),
  planned_runs_started: count("The planned ones and those of catch_up among them: what max_runs limits."),
  runs_finished: count("Those of runs_started that have ended."),
  consecutive_failures: count("Failed runs in a row."),
  skipped_local_times: z.array(z.string()).describe("Local times that daylight saving time left out."),
  created_at: text("ISO 8601, UTC."),
  revision: count("Grows with each change by a person."),
});

export function viewSchedule(schedule: Schedule): z.output<typeof scheduleView> {
  const { definition } = schedule;
  return {
    id: schedule.id,
    name: definition.name,
    status: schedule.status,
    ...(schedule.pauseReason === undefined ? {} : { pause_reason: schedule.pauseReason }),
    prompt: definition.prompt,
    in_words: planInWords(definition.plan, definition.policies.jitterSeconds),
    time_zone: definition.plan.timeZone,
    conversation: definition.conversation,
    ...(schedule.next === null ? {} : { next_slot: describeSlot(schedule.next, definition.plan.timeZone) }),
    tags: definition.tags,
    ...(definition.allowedTools === undefined ? {} : { allowed_tools: definition.allowedTools }),
    ...(definition.model === undefined ? {} : { model: definition.model }),
    notify: definition.notify ?? defaultNotify,
    ...(definition.notifyUrl === undefined ? {} : { notify_url: shownUrl(definition.notifyUrl) }),
    policies: viewPolicies(schedule),
    open_runs: schedule.open.map(({ key }) => runId({ scheduleId: schedule.id, key })),
    runs_started: startedRuns(schedule),
    planned_runs_started: schedule.counted,
    runs_finished: schedule.finished,
    consecutive_failures: schedule.failures,
    skipped_local_times: schedule.skippedLocalTimes,
    created_at: toIso(schedule.createdAt),
    revision: schedule.revision,
  };
}

function viewPolicies({ definition: { policies } }: Schedule): z.output<typeof policiesView> {
  return {
    overlap: policies.overlap,
    catch_up: policies.catchUp,
    catch_up_window: catchUpWindowText(policies.catchUpWindowSeconds),
    approval: policies.approval,
    ...(policies.maxRuns === undefined ? {} : { max_runs: policies.maxRuns }),
    max_attempts: policies.maxAttempts,
    timeout_minutes: (policies.timeoutSeconds * secondMs) / minuteMs,
    pause_after_failures: policies.pauseAfterFailures,
    max_tokens_per_run: policies.maxTokensPerRun,
    ...(policies.maxTokensPerMonth === undefined ? {} : { max_tokens_per_month: policies.maxTokensPerMonth }),
    jitter_seconds: policies.jitterSeconds ?? 0,
  };
}

export const runView = z.object({
  id: text("The run's id."),
  schedule_id: text("The schedule it belongs to; absent from a chat.").optional(),
  slot: text("The planned moment, ISO 8601, UTC."),
  kind: text("planned, catchup, manual, backfill, or chat for what a person said."),
  alarm: text(
    "What woke the app for it: timer, or scheduler for a callback. Absent where nobody planned it.",
  ).optional(),
  state: text("queued, running, waiting_approval or ended."),
  waits_for: z
    .object({ approval_id: text("For decide_approval."), expires_at: text("ISO 8601, UTC. Then it counts as denied.") })
    .optional()
    .describe("The request that the run waits with; list_approvals shows its tool calls."),
  outcome: text(
    "How it ended: succeeded, no_output, failed, timed_out, cancelled, skipped_overlap, missed ...",
  ).optional(),
  reason: text("Why, in one word for programs.").optional(),
  detail: text("More about the reason.").optional(),
  quiet: text("It had nothing to report: why, in the model's words.").optional(),
  note: text("What the person who cancelled it said.").optional(),
  answer: text("The first 500 characters of the answer.").optional(),
  notifications: z.array(notificationView).optional().describe("What the owner is told about it. Absent: nothing."),
  conversation_id: text("Where the whole transcript is."),
  started_at: text("ISO 8601, UTC.").optional(),
  ended_at: text("ISO 8601, UTC.").optional(),
  missed_through: text("A missed record stands for every slot up to this one.").optional(),
  pick_ups: count("How often a worker took it up."),
  failed_attempts: count("Attempts that failed."),
  turns: count("Model calls; of an open run, as the other figures, those up to its last wait for approval."),
  tool_calls: count("Tool calls, without those that were denied."),
  prompt_tokens: count("Tokens sent to the model."),
  completion_tokens: count("Tokens the model wrote."),
});

export function viewRun(run: Run): z.output<typeof runView> {
  return {
    id: runId(run),
    ...(run.kind === "chat" ? {} : { schedule_id: run.scheduleId }),
    slot: toIso(run.slot),
    kind: run.kind,
    ...(run.alarm === undefined ? {} : { alarm: run.alarm }),
    state: run.state,
    ...waitsFor(run),
    ...(run.outcome === undefined ? {} : { outcome: run.outcome }),
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...(run.detail === undefined ? {} : { detail: run.detail }),
    ...(run.quiet === undefined ? {} : { quiet: run.quiet }),
    ...(run.note === undefined ? {} : { note: run.note }),
    ...(run.answer === undefined ? {} : { answer: run.answer.slice(0, 500) }),
    ...(run.notices === undefined ? {} : { notifications: run.notices.map(viewNotice) }),
    conversation_id: run.conversationId,
    ...(run.startedAt === undefined ? {} : { started_at: toIso(run.startedAt) }),
    ...(run.endedAt === undefined ? {} : { ended_at: toIso(run.endedAt) }),
    ...(run.missedThrough === undefined ? {} : { missed_through: toIso(run.missedThrough) }),
    pick_ups: run.epoch,
    failed_attempts: run.failures,
    turns: run.turns,
    tool_calls: run.toolCalls,
    prompt_tokens: run.promptTokens,
    completion_tokens: run.completionTokens,
  };
}

function waitsFor(run: Run): Pick<z.output<typeof runView>, "waits_for"> {
  const { state, waiting } = run;
  if (state !== "waiting_approval" || waiting === undefined) return {};
  return {
    waits_for: { approval_id: approvalId({ ...run, step: waiting.step }), expires_at: toIso(waiting.expiresAt) },
  };
}

export const eventView = z.object({
  position: text("Place in the conversation, for from_event."),
  type: text("run_started, system, user, assistant, tool_result, run_finished ..."),
  time: text("ISO 8601, UTC.").optional(),
  run_id: text("The run that wrote it.").optional(),
  text: text("What was said, called, answered or decided.").optional(),
  tool: text("Name of the tool.").optional(),
  tool_calls: z
    .array(z.object({ id: z.string(), name: z.string(), arguments: z.string() }))
    .optional()
    .describe("Tool calls that the model asked for."),
  is_error: z.boolean().optional().describe("The tool call failed."),
});

export function viewEvent(position: string, event: LoggedEvent): z.output<typeof eventView> {
  if (event.type === "unknown") return { position, type: String(event.raw.type ?? "unknown") };
  const common = {
    position,
    type: event.type,
    time: toIso(event.time),
    ...("run" in event ? { run_id: event.run } : {}),
  };
  switch (event.type) {
    case "system":
    case "user":
    case "summary":
      return { ...common, text: event.text };
    case "assistant":
      return { ...common, text: event.text, ...(event.toolCalls.length === 0 ? {} : { tool_calls: event.toolCalls }) };
    case "tool_result":
      return { ...common, tool: event.name, text: event.content, is_error: event.isError };
    case "approval_requested":
      return { ...common, text: `Waits for approval until ${toIso(event.expiresAt)}.`, tool_calls: event.calls };
    case "approval_decided": {
      const decided = event.approve ? "Approved" : event.by === "expiry" ? "Expired undecided" : "Denied";
      return { ...common, text: event.note === undefined ? `${decided}.` : `${decided}: ${event.note}` };
    }
    case "work_reported":
      return { ...common, text: `The Scheduler reports: ${event.status}. ${event.content}`.trimEnd() };
    case "run_finished":
      return { ...common, text: endInWords(event) };
    case "carry_over":
      return event.text === undefined ? common : { ...common, text: event.text };
    default:
      return common;
  }
}

function endInWords({ outcome, reason, detail, quiet }: Extract<LoggedEvent, { type: "run_finished" }>): string {
  const end = reason === undefined ? outcome : `${outcome} (${reason})`;
  return [end, detail, quiet === undefined ? undefined : `Nothing to report: ${quiet}`]
    .filter((part) => part !== undefined)
    .join(". ");
}
