import { z } from "zod";
import type { Continued, createContinueConversation } from "../use-cases/continue-conversation.ts";
import type { createFindApproval } from "../use-cases/list-approvals.ts";
import { approvalView, callInWords, viewApproval } from "./approval-view.ts";
import { markdownAddress, transcriptLink } from "./conversation-address.ts";
import { defineTool } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

export const createContinueConversationTool = (
  continueConversation: ReturnType<typeof createContinueConversation>,
  findApproval: ReturnType<typeof createFindApproval>,
) =>
  defineTool({
    name: "continue_conversation",
    title: "Say something",
    description:
      "Says something in a conversation and waits for the answer: to ask back about what a scheduled run has found, or, without id, to begin a new conversation with this server's model and tools. It tells progress while it works. Refused while a run is going on there. Give an idempotency_key, so that a repeated call says nothing twice.",
    toolset: "conversations",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    forPeopleOnly: true,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000", message: "Which of them are new since Friday?" },
    input: z.strictObject({
      id: z
        .string()
        .max(200)
        .optional()
        .describe("conversation_id of a run, or id from list_conversations. Absent: a new conversation."),
      message: z.string().describe("What the person says, at most 64 KiB."),
      idempotency_key: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe("The same key and message give the same answer, so a repeated call says nothing twice."),
    }),
    output: z.object({
      ...words,
      result: z
        .enum(["answered", "waiting_approval", "working", "ended"])
        .describe("working: get_run tells more. ended: without an answer; run says why."),
      conversation_id: z.string().describe("For the next message."),
      answer: z.string().optional().describe("The whole answer."),
      approval: approvalView.optional().describe("What waits for the person's decision."),
      run: runView,
      transcript: z.string().describe("Address of the transcript, for clients that read resources."),
    }),
    async handle({ id, message, idempotency_key: idempotencyKey }, { principal, signal, progress }) {
      const request = { conversationId: id, message, idempotencyKey };
      const continued = await continueConversation(principal, request, { signal, progress });
      const waitsFor = await findApproval(continued.run);
      const approval = waitsFor && viewApproval(waitsFor);
      const run = viewRun(continued.run);
      const result = resultOf(continued);
      return {
        summary: summaryOf(continued, approval),
        next_step: nextSteps[result](run),
        result,
        conversation_id: continued.head.id,
        ...(result === "answered" ? { answer: continued.answer } : {}),
        ...(approval && { approval }),
        run,
        transcript: markdownAddress(continued.head.id),
      };
    },
    links: ({ conversation_id }) => [transcriptLink(conversation_id, "Transcript of the conversation")],
  });

type Result = "answered" | "waiting_approval" | "working" | "ended";
type RunView = z.output<typeof runView>;

function resultOf({ run }: Continued): Result {
  if (run.state === "ended") return run.outcome === "succeeded" ? "answered" : "ended";
  return run.state === "waiting_approval" ? "waiting_approval" : "working";
}

function summaryOf({ run, answer }: Continued, approval: z.output<typeof approvalView> | undefined): string {
  if (run.state === "ended") {
    const reason = run.reason === undefined ? "" : ` (${run.reason})`;
    return run.outcome === "succeeded" ? answer : `There is no answer: the run ended ${run.outcome}${reason}.`;
  }
  if (run.state !== "waiting_approval") return "The answer is still being worked on; it goes on by itself.";
  const what = approval === undefined ? "its tool calls" : approval.calls.map(callInWords).join(" and ");
  return `Before it goes on, the person has to decide about ${what}.`;
}

const nextSteps: Record<Result, (run: RunView) => string> = {
  answered: ({ conversation_id: id }) => `To go on, call again with id ${id}.`,
  waiting_approval: ({ id, waits_for }) =>
    `Show the person what it waits for; decide_approval with id ${waits_for?.approval_id} carries out their decision. Then get_run with id ${id} and wait_seconds 25 tells the answer.`,
  working: ({ id }) => `get_run with id ${id} and wait_seconds 25 waits for it.`,
  ended: ({ conversation_id: id }) =>
    `get_conversation with id ${id} shows how far it came; the message can be said again.`,
};
