import { z } from "zod";
import { secondMs } from "../kernel/clock.ts";
import { costOf, type Prices } from "../runs/cost.ts";
import type { createFindTranscript, Transcript } from "../use-cases/find-transcript.ts";
import type { createFindApproval } from "../use-cases/list-approvals.ts";
import type { createGetRun } from "../use-cases/read-runs.ts";
import { approvalView, callInWords, viewApproval } from "./approval-view.ts";
import { markdownAddress, transcriptLink } from "./conversation-address.ts";
import { defineTool, readOnly } from "./tool.ts";
import { costPart, costView, modelUsageView, viewModelUsage } from "./usage-view.ts";
import { runView, viewRun, words } from "./views.ts";

export const createGetRunTool = (
  getRun: ReturnType<typeof createGetRun>,
  findApproval: ReturnType<typeof createFindApproval>,
  findTranscript: ReturnType<typeof createFindTranscript>,
  prices: Prices | undefined,
) =>
  defineTool({
    name: "get_run",
    title: "Get a run",
    description:
      "Shows one run: its state, its outcome, the start of its answer, tokens, their cost and where its transcript is. Use it to see how a scheduled conversation went.",
    toolset: "runs",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000.p1796112000" },
    input: z.strictObject({
      id: z.string().max(300).describe("Id from list_runs, get_schedule or continue_conversation."),
      wait_seconds: z
        .int()
        .min(0)
        .max(25)
        .optional()
        .describe("Waits so long for the run to end or to need the person. Default 0."),
    }),
    output: z.object({
      ...words,
      run: runView,
      usage: z.array(modelUsageView).describe("Tokens by model."),
      cost: costView.optional().describe("Only where the operator has given prices."),
      approval: approvalView.optional().describe("What the run waits for."),
      transcript: z
        .string()
        .optional()
        .describe("Address of the transcript, for clients that read resources; absent when there is none."),
    }),
    async handle({ id, wait_seconds = 0 }, { principal, signal }) {
      const found = await getRun(principal, id, { waitMs: wait_seconds * secondMs, signal });
      const [run, waitsFor] = [viewRun(found), await findApproval(found)];
      const approval = waitsFor && viewApproval(waitsFor);
      const kept = await findTranscript(found);
      const transcript = kept === "kept" ? { transcript: markdownAddress(run.conversation_id) } : {};
      const { usage = [] } = found;
      const cost = costOf(usage, prices);
      const summary = `${summaryOf(run)}${waitText(approval)}${deadLetterText(run)}`;
      const spent = { usage: usage.map(viewModelUsage), ...costPart(cost) };
      return { summary, next_step: nextStepOf(run, kept), run, ...spent, ...(approval && { approval }), ...transcript };
    },
    links: ({ run, transcript }) =>
      transcript === undefined ? [] : [transcriptLink(run.conversation_id, "Transcript of the run")],
  });

function summaryOf(run: z.output<typeof runView>): string {
  if (run.outcome === undefined) return `The run of ${run.slot} is ${run.state}.`;
  if (run.quiet !== undefined) return `The run of ${run.slot} had nothing to report: ${run.quiet}`;
  const reason = run.reason === undefined ? "" : ` (${run.reason})`;
  const note = run.note === undefined ? "" : ` Note: ${run.note}`;
  const answer = run.answer === undefined ? "" : ` Answer: ${run.answer}`;
  return `The run of ${run.slot} ended: ${run.outcome}${reason}.${note}${answer}`;
}

const waitText = (approval: z.output<typeof approvalView> | undefined): string =>
  approval === undefined ? "" : ` It waits for a decision about ${approval.calls.map(callInWords).join(" and ")}.`;

const deadLetterText = ({ notifications = [] }: z.output<typeof runView>): string =>
  notifications.some(({ state }) => state === "failed")
    ? " A notification about it was given up; notifications says why."
    : "";

function nextStepOf(run: z.output<typeof runView>, transcript: Transcript): string {
  if (run.waits_for !== undefined) {
    return `Show the person what it waits for; decide_approval with id ${run.waits_for.approval_id} carries out their decision.`;
  }
  if (run.state !== "ended") return `Call again with id ${run.id} and wait_seconds 25, which waits for it.`;
  if (transcript === "deleted") return "Its conversation was deleted, and the transcript with it.";
  return transcript === "kept"
    ? `get_conversation with id ${run.conversation_id} shows the transcript${run.outcome === "succeeded" ? "" : ", as far as it came"}.`
    : "This run never spoke to the model, so it has no transcript.";
}
