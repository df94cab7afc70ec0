import { z } from "zod";
import { describeSlot } from "../schedule/in-words.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Counters, createGetSchedule, MonthSpent } from "../use-cases/read-schedules.ts";
import { defineTool, readOnly } from "./tool.ts";
import { costPart, costText, costView } from "./usage-view.ts";
import { runView, scheduleView, slotView, viewRun, viewSchedule, words } from "./views.ts";

const healthView = z.object({
  state: z.enum(["on_time", "late", "silent", "failing"]),
  why: z.string().describe("Why, and what to do."),
});

const count = z.int().min(0).max(1_000_000_000);

const countersView = z.object({
  started: count.describe("Runs of every kind that began."),
  finished: count.describe("Those of them that have ended."),
  consecutive_failures: count.describe("Failed runs in a row."),
  last_outcomes: z
    .array(z.object({ outcome: z.string(), count }))
    .describe("How the last 10 runs ended, each outcome with its number."),
});

const budgetView = z.object({
  max_tokens_per_run: count.describe("Tokens that one run may cost."),
  month: z.string().describe("The present calendar month in the schedule's zone, YYYY-MM."),
  used_tokens: count.describe("Tokens of the runs that ended in it."),
  runs: count.describe("Those runs."),
  max_tokens_per_month: count.optional().describe("Absent: no limit."),
  tokens_left: count.optional().describe("What this month still has. Runs that are going on are not counted yet."),
  cost: costView.optional().describe("Of the month; only where the operator has given prices."),
});

export const createGetScheduleTool = (getSchedule: ReturnType<typeof createGetSchedule>) =>
  defineTool({
    name: "get_schedule",
    title: "Get a schedule",
    description:
      "Shows one schedule: when it fires, its policies, its health, what is left of its budget, its next 10 times and its last 10 runs. Use it to answer how a schedule is doing.",
    toolset: "schedules",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({ id: z.string().max(200).describe("Id from schedule_conversation or list_schedules.") }),
    output: z.object({
      ...words,
      schedule: scheduleView,
      health: healthView,
      counters: countersView,
      budget: budgetView,
      next_slots: z.array(slotView),
      last_runs: z.array(runView),
    }),
    async handle({ id }, { principal }) {
      const { schedule, nextSlots, lastRuns, counters, health, month } = await getSchedule(principal, id);
      const view = viewSchedule(schedule);
      const [newest] = lastRuns;
      return {
        summary: `${view.name} is ${view.status}. ${view.in_words}. ${lastRunText(newest?.outcome ?? newest?.state)} Health: ${health.state}. ${health.why} ${monthText(month)}`,
        next_step:
          newest === undefined ? "Look again after the next slot." : "get_run with the id of a run shows how it went.",
        schedule: view,
        health: { ...health },
        counters: viewCounters(counters),
        budget: viewBudget(schedule, month),
        next_slots: nextSlots.map((slot) => describeSlot(slot, view.time_zone)),
        last_runs: lastRuns.map(viewRun),
      };
    },
  });

function viewCounters({ lastOutcomes, ...counters }: Counters): z.output<typeof countersView> {
  return {
    started: counters.started,
    finished: counters.finished,
    consecutive_failures: counters.consecutiveFailures,
    last_outcomes: [...lastOutcomes].map(([outcome, count]) => ({ outcome, count })),
  };
}

function viewBudget({ definition }: Schedule, spent: MonthSpent): z.output<typeof budgetView> {
  const { maxTokensPerRun, maxTokensPerMonth } = definition.policies;
  return {
    max_tokens_per_run: maxTokensPerRun,
    month: spent.month,
    used_tokens: spent.tokens,
    runs: spent.runs,
    ...(maxTokensPerMonth === undefined ? {} : { max_tokens_per_month: maxTokensPerMonth }),
    ...(spent.tokensLeft === undefined ? {} : { tokens_left: spent.tokensLeft }),
    ...costPart(spent.cost),
  };
}

function monthText({ month, tokens, tokensLeft, cost }: MonthSpent): string {
  const used = `${tokens} tokens used in ${month}${costText(cost)}`;
  if (tokensLeft === undefined) return `${used}.`;
  const spent = ": no run calls a model before the next month; update_schedule raises max_tokens_per_month";
  return `${used}, ${tokensLeft} left${tokensLeft === 0 ? spent : ""}.`;
}

const lastRunText = (state: string | undefined): string =>
  state === undefined ? "It has not run yet." : `Its newest run: ${state}.`;
