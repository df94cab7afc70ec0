import { z } from "zod";
import { describeSlot } from "../schedule/in-words.ts";
import type { createGetSchedule } from "../use-cases/read-schedules.ts";
import { defineTool, readOnly } from "./tool.ts";
import { runView, scheduleView, slotView, viewRun, viewSchedule, words } from "./views.ts";

export const createGetScheduleTool = (getSchedule: ReturnType<typeof createGetSchedule>) =>
  defineTool({
    name: "get_schedule",
    title: "Get a schedule",
    description:
      "Shows one schedule: when it fires, its policies, its next 10 times and its last 10 runs. Use it to answer how a schedule is doing.",
    toolset: "schedules",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({ id: z.string().max(200).describe("Id from schedule_conversation or list_schedules.") }),
    output: z.object({
      ...words,
      schedule: scheduleView,
      next_slots: z.array(slotView),
      last_runs: z.array(runView),
    }),
    async handle({ id }, { principal }) {
      const { schedule, nextSlots, lastRuns } = await getSchedule(principal, id);
      const view = viewSchedule(schedule);
      const [newest] = lastRuns;
      return {
        summary: `${view.name} is ${view.status}. ${view.in_words}. ${lastRunText(newest?.outcome ?? newest?.state)}`,
        next_step:
          newest === undefined ? "Look again after the next slot." : "get_run with the id of a run shows how it went.",
        schedule: view,
        next_slots: nextSlots.map((slot) => describeSlot(slot, view.time_zone)),
        last_runs: lastRuns.map(viewRun),
      };
    },
  });

const lastRunText = (state: string | undefined): string =>
  state === undefined ? "It has not run yet." : `Its newest run: ${state}.`;
