import { z } from "zod";
import type { Cancelled, createCancelRun } from "../use-cases/cancel-run.ts";
import { defineTool } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

export const createCancelRunTool = (cancelRun: ReturnType<typeof createCancelRun>) =>
  defineTool({
    name: "cancel_run",
    title: "Cancel a run",
    description:
      "Ends a run that waits or is going on; its schedule goes on with the next one. What the run has done stays done. Ask the person before you call it.",
    toolset: "runs",
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    example: { id: "local-0198c0de-0000-7000-8000-000000000000.p1796112000", reason: "The prompt was wrong." },
    input: z.strictObject({
      id: z.string().max(300).describe("Id from list_runs, get_schedule or trigger_schedule."),
      reason: z.string().max(500).optional().describe("Why, in the person's words; get_run shows it as note."),
    }),
    output: z.object({
      ...words,
      result: z.enum(["cancelled", "ended_before"]).describe("ended_before: it was over already; nothing was changed."),
      run: runView,
    }),
    async handle({ id, reason }, { principal }) {
      const cancelled = await cancelRun(principal, id, reason);
      return {
        summary: summaryOf(cancelled),
        next_step: nextStepOf(cancelled),
        result: cancelled.kind,
        run: viewRun(cancelled.run),
      };
    },
  });

function summaryOf({ kind, run }: Cancelled): string {
  if (kind === "cancelled") return "The run is cancelled.";
  const reason = run.reason === undefined ? "" : ` (${run.reason})`;
  return `The run had ended before: ${run.outcome}${reason}. Nothing was changed.`;
}

const nextStepOf = ({ kind, run }: Cancelled): string =>
  kind === "cancelled" && run.startedAt !== undefined && run.waiting === undefined
    ? "A step that is under way ends within about twenty seconds; nothing new is begun after that."
    : "Nothing more to do.";
