import { z } from "zod";
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
      "Lists the runs of one schedule, newest planned moment first, with outcome and the start of the answer.",
    toolset: "runs",
    hints: readOnly,
    example: { schedule_id: "local-0198c0de-0000-7000-8000-000000000000", limit: 5 },
    input: z.strictObject({
      schedule_id: z.string().max(200).describe("Id from schedule_conversation or list_schedules."),
      ...pageInput(defaultLimit, 100),
    }),
    output: z.object({ ...words, runs: z.array(runView), next_cursor: nextCursor }),
    async handle({ schedule_id, limit = defaultLimit, cursor }, { principal }) {
      const page = await listRuns(principal, schedule_id, { limit, cursor });
      const runs = page.items.map(viewRun);
      const lines = runs.map(({ slot, outcome, state }) => `${slot} ${outcome ?? state}`);
      return {
        summary: runs.length === 0 ? "No runs on this page." : `${runs.length} run(s): ${lines.join("; ")}.`,
        next_step: moreText(page.nextCursor, "get_run with an id shows one of them."),
        runs,
        ...cursorPart(page.nextCursor),
      };
    },
  });
