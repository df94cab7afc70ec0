import { z } from "zod";
import { runId } from "../runs/run.ts";
import type { createDeleteSchedule } from "../use-cases/delete-schedule.ts";
import { defineTool } from "./tool.ts";
import { words } from "./views.ts";

export const createDeleteScheduleTool = (deleteSchedule: ReturnType<typeof createDeleteSchedule>) =>
  defineTool({
    name: "delete_schedule",
    title: "Delete a schedule",
    description:
      "Deletes a schedule for good and cancels its waiting and running runs. Its past runs and conversations stay readable. Ask the person before you call it.",
    toolset: "schedules",
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({ id: z.string().max(200).describe("Id from schedule_conversation or list_schedules.") }),
    output: z.object({
      ...words,
      schedule_id: z.string(),
      cancelled_runs: z.array(z.string()).describe("Ids of the runs that were waiting or going on."),
    }),
    async handle({ id }, { principal }) {
      const { schedule, cancelled } = await deleteSchedule(principal, id);
      return {
        summary: `Deleted ${JSON.stringify(schedule.definition.name)}. Runs cancelled with it: ${cancelled.length}.`,
        next_step: "Nothing more to do. Past runs stay readable through get_run.",
        schedule_id: id,
        cancelled_runs: cancelled.map((key) => runId({ scheduleId: id, key })),
      };
    },
  });
