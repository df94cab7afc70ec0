import { z } from "zod";
import type { createGetRun } from "../use-cases/read-runs.ts";
import { defineTool, readOnly } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

export const createGetRunTool = (getRun: ReturnType<typeof createGetRun>) =>
  defineTool({
    name: "get_run",
    title: "Get a run",
    description:
      "Shows one run: its state, its outcome, the start of its answer, tokens and where its transcript is. Use it to see how a scheduled conversation went.",
    toolset: "runs",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000.p1796112000" },
    input: z.strictObject({ id: z.string().max(300).describe("Id from list_runs or get_schedule.") }),
    output: z.object({ ...words, run: runView }),
    async handle({ id }, { principal }) {
      const run = viewRun(await getRun(principal, id));
      return { summary: summaryOf(run), next_step: nextStepOf(run), run };
    },
  });

function summaryOf(run: z.output<typeof runView>): string {
  if (run.outcome === undefined) return `The run of ${run.slot} is ${run.state}.`;
  const reason = run.reason === undefined ? "" : ` (${run.reason})`;
  const note = run.note === undefined ? "" : ` Note: ${run.note}`;
  const answer = run.answer === undefined ? "" : ` Answer: ${run.answer}`;
  return `The run of ${run.slot} ended: ${run.outcome}${reason}.${note}${answer}`;
}

function nextStepOf(run: z.output<typeof runView>): string {
  if (run.state !== "ended") return "Ask again in a few seconds.";
  // The record of a run that was ended from outside does not know how many turns it had.
  return run.turns > 0 || run.pick_ups > 0
    ? `get_conversation with id ${run.conversation_id} shows the transcript, as far as it came.`
    : "This run never spoke to the model, so it has no transcript.";
}
