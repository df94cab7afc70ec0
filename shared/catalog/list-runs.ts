import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import { outcomeSchema } from "../kernel/outcome.ts";
import type { createListRuns } from "../use-cases/read-runs.ts";
import { cursorPart, moreText, nextCursor, pageInput } from "./page-input.ts";
import { defineTool, readOnly } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

const defaultLimit = 20;

export const createListRunsTool = (listRuns: ReturnType<typeof createListRuns>) =>
  defineTool({
    name: "list_runs",
    title: "List runs",
    description:
      "Lists runs with outcome and the start of the answer: those of one schedule, newest planned moment first; without schedule_id the ended runs of all schedules, newest end first, or with state open everything that waits or is going on. Use it to find failed runs, or what happened lately.",
    toolset: "runs",
    hints: readOnly,
    example: { outcome: "failed", limit: 5 },
    input: z.strictObject({
      schedule_id: z
        .string()
        .max(200)
        .optional()
        .describe("Id from schedule_conversation or list_schedules. Absent: all schedules."),
      outcome: outcomeSchema.optional().describe("Only runs that ended so."),
      state: z
        .enum(["open", "waiting_approval", "ended"])
        .optional()
        .describe(
          "open: waiting or going on. waiting_approval: only those that wait for the person. ended: over, with an outcome. Without schedule_id the default is ended.",
        ),
      ...pageInput(defaultLimit, 100),
    }),
    output: z.object({ ...words, runs: z.array(runView), next_cursor: nextCursor }),
    async handle({ schedule_id: scheduleId, outcome, state, limit = defaultLimit, cursor }, { principal }) {
      const page = await listRuns(principal, { scheduleId, outcome, state }, { limit, cursor });
      const runs = page.items.map(viewRun);
      const lines = runs.map(
        (run) => `${run.slot} ${run.outcome ?? run.state}${run.quiet === undefined ? "" : " (nothing to report)"}`,
      );
      return {
        summary: runs.length === 0 ? "No runs on this page." : `${counted(runs.length, "run")}: ${lines.join("; ")}.`,
        next_step: moreText(page.nextCursor, "get_run with an id shows one of them."),
        runs,
        ...cursorPart(page.nextCursor),
      };
    },
  });
