import { z } from "zod";
import { describeSlot } from "../schedule/in-words.ts";
import type { Counters, createGetSchedule } from "../use-cases/read-schedules.ts";
import { defineTool, readOnly } from "./tool.ts";
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

export const createGetScheduleTool = (getSchedule: ReturnType<typeof createGetSchedule>) =>
  defineTool({
    name: "get_schedule",
    title: "Get a schedule",
    description:
      "Shows one schedule: when it fires, its policies, its health, its next 10 times and its last 10 runs. Use it to answer how a schedule is doing.",
    toolset: "schedules",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({ id: z.string().max(200).describe("Id from schedule_conversation or list_schedules.") }),
    output: z.object({
      ...words,
      schedule: scheduleView,
      health: healthView,
      counters: countersView,
      next_slots: z.array(slotView),
      last_runs: z.array(runView),
    }),
    async handle({ id }, { principal }) {
      const { schedule, nextSlots, lastRuns, counters, health } = await getSchedule(principal, id);
      const view = viewSchedule(schedule);
      const [newest] = lastRuns;
      return {
        summary: `${view.name} is ${view.status}. ${view.in_words}. ${lastRunText(newest?.outcome ?? newest?.state)} Health: ${health.state}. ${health.why}`,
        next_step:
          newest === undefined ? "Look again after the next slot." : "get_run with the id of a run shows how it went.",
        schedule: view,
        health: { ...health },
        counters: viewCounters(counters),
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

const lastRunText = (state: string | undefined): string =>
  state === undefined ? "It has not run yet." : `Its newest run: ${state}.`;
