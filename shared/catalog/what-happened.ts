import { z } from "zod";
import { toIso } from "../kernel/clock.ts";
import { runId } from "../runs/run.ts";
import { readMoment } from "../schedule/read-local-time.ts";
import type { createWhatHappened, Happened, Happenings } from "../use-cases/what-happened.ts";
import { approvalView, callInWords, viewApproval } from "./approval-view.ts";
import { notificationView, viewNotice } from "./notification-view.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 10;

const text = (description: string) => z.string().describe(description);
const count = (description: string) => z.int().min(0).max(1_000_000_000).describe(description);

const happenedView = z.object({
  run_id: text("For get_run."),
  schedule_id: text("The schedule it belongs to."),
  schedule_name: text("Absent when the schedule is gone.").optional(),
  slot: text("The planned moment, ISO 8601, UTC."),
  missed_through: text("It stands for every slot up to this one.").optional(),
  ended_at: text("ISO 8601, UTC.").optional(),
  outcome: text("How it ended."),
  reason: text("Why, in one word for programs.").optional(),
  detail: text("More about the reason.").optional(),
  answer: text("The first 500 characters of the answer.").optional(),
  notifications: z.array(notificationView).optional().describe("What the person was told about it elsewhere."),
  conversation_id: text("Where the whole transcript is."),
});

export const createWhatHappenedTool = (whatHappened: ReturnType<typeof createWhatHappened>) =>
  defineTool({
    name: "what_happened",
    title: "What happened",
    description:
      "Tells what the schedules have done while the person was away: what needs their decision, what failed, was missed or is silent, and what has finished, with the start of each answer. Use it first when the person comes back. Runs with nothing to report are only counted; chats by hand are left out.",
    toolset: "runs",
    hints: readOnly,
    example: { since: "2026-12-01T18:00:00Z" },
    input: z.strictObject({
      since: z
        .string()
        .max(40)
        .optional()
        .describe(
          "ISO 8601 with Z or an offset: next_since of the last answer, or when the person left. Default: 24 hours ago.",
        ),
      limit: z.int().min(1).max(50).optional().describe(`Runs of each group. Default ${defaultLimit}.`),
    }),
    output: z.object({
      ...words,
      since: text("Where the look begins, at most 31 days back. ISO 8601, UTC."),
      needs_decision: z.object({
        approvals: z.array(approvalView).describe("Tool calls that wait for the person, for decide_approval."),
        auth_required: z
          .array(happenedView)
          .describe("The model refused the app's identity or key; the operator has to mend it."),
      }),
      failed: z.array(happenedView).describe("Newest first, as everywhere here."),
      missed: z.array(happenedView).describe("Moments at which nothing ran."),
      silent: z
        .array(z.object({ schedule_id: z.string(), schedule_name: z.string(), why: z.string() }))
        .describe("Schedules whose next run is overdue."),
      finished: z.array(happenedView).describe("Runs that had something to report."),
      quiet_runs: count("Runs that had nothing to report."),
      cancelled_runs: count("Runs that were cancelled."),
      not_shown: count("Runs of these groups that are beyond limit."),
      is_complete: z.boolean().describe("false: there is more than one answer looks at."),
      next_since: text("For since of the next call. A run may be told twice rather than never."),
    }),
    async handle({ since, limit = defaultLimit }, { principal }) {
      const from = since === undefined ? {} : { since: readMoment("since", since) };
      const found = await whatHappened(principal, { ...from, limit });
      return {
        summary: summaryOf(found),
        next_step: nextStepOf(found),
        since: toIso(found.since),
        needs_decision: { approvals: found.approvals.map(viewApproval), auth_required: found.signIn.map(viewHappened) },
        failed: found.failed.map(viewHappened),
        missed: found.missed.map(viewHappened),
        silent: found.silent.map(({ schedule, why }) => ({
          schedule_id: schedule.id,
          schedule_name: schedule.definition.name,
          why,
        })),
        finished: found.finished.map(viewHappened),
        quiet_runs: found.quiet,
        cancelled_runs: found.cancelled,
        not_shown: found.unshown,
        is_complete: found.isComplete,
        next_since: toIso(found.next),
      };
    },
  });

const viewHappened = ({ run, scheduleName }: Happened): z.output<typeof happenedView> => ({
  run_id: runId(run),
  schedule_id: run.scheduleId,
  ...(scheduleName === undefined ? {} : { schedule_name: scheduleName }),
  slot: toIso(run.slot),
  ...(run.missedThrough === undefined ? {} : { missed_through: toIso(run.missedThrough) }),
  ...(run.endedAt === undefined ? {} : { ended_at: toIso(run.endedAt) }),
  outcome: run.outcome ?? run.state,
  ...(run.reason === undefined ? {} : { reason: run.reason }),
  ...(run.detail === undefined ? {} : { detail: run.detail }),
  ...(run.answer === undefined ? {} : { answer: run.answer.slice(0, 500) }),
  ...(run.notices === undefined ? {} : { notifications: run.notices.map(viewNotice) }),
  conversation_id: run.conversationId,
});

function summaryOf(found: Happenings): string {
  const { approvals, signIn, failed, missed, silent, finished, quiet, cancelled, unshown, isComplete } = found;
  const wants = approvals
    .map(viewApproval)
    .map((view) => `${quoted(view.schedule_name)} wants to call ${view.calls.map(callInWords).join(" and ")}.`);
  const counts = [
    [signIn.length, "could not sign in to their model"],
    [failed.length, "failed"],
    [missed.length, "did not take place"],
    [silent.length, "overdue"],
    [finished.length, "finished"],
    [quiet, "had nothing to report"],
    [cancelled, "cancelled"],
    [unshown, "more not shown"],
  ] as const;
  const said = counts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const head = said.length === 0 ? "Nothing has ended" : said.join(", ");
  const more = isComplete
    ? ""
    : " There is more than one answer looks at; list_runs and list_approvals show all of it.";
  const untold = [...signIn, ...failed, ...missed, ...finished].filter(hasDeadLetter).length;
  const letters = untold === 0 ? [] : [`Of ${untold} of these a notification was given up; get_run says why.`];
  return [...wants, `Since ${toIso(found.since)}: ${head}.${more}`, ...letters].join(" ");
}

const hasDeadLetter = ({ run: { notices = [] } }: Happened): boolean => notices.some(({ state }) => state === "failed");

const quoted = (name: string): string => JSON.stringify(name);

function nextStepOf({ approvals, failed, silent }: Happenings): string {
  if (approvals.length > 0)
    return "Show the person each request; decide_approval with its id carries out what they decide.";
  if (failed.length > 0) return "get_run with the id of a failed run tells why.";
  return silent.length > 0
    ? "Tell the person why a schedule is silent."
    : "get_conversation with a conversation_id shows a whole transcript.";
}
