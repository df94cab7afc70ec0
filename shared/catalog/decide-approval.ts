import { z } from "zod";
import type { createDecideApproval, Decided } from "../use-cases/decide-approval.ts";
import { defineTool } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

export const createDecideApprovalTool = (decideApproval: ReturnType<typeof createDecideApproval>) =>
  defineTool({
    name: "decide_approval",
    title: "Approve or deny",
    description:
      "Carries out the person's decision about the tool calls that a run waits with: approve makes them, deny tells the run to go on without them. Show the person the calls and ask first; never decide for them. It cannot be taken back.",
    toolset: "approvals",
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    forPeopleOnly: true,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000.p1796112000.3", decision: "approve" },
    input: z.strictObject({
      id: z.string().max(300).describe("Id from list_approvals or get_run."),
      decision: z.enum(["approve", "deny"]).describe("What the person has decided."),
      note: z
        .string()
        .max(500)
        .optional()
        .describe("What the person says about it. The run's model reads it when the calls are denied."),
    }),
    output: z.object({
      ...words,
      result: z.enum(["decided", "repeated"]).describe("repeated: the same was decided before."),
      decision: z.enum(["approve", "deny"]),
      run: runView,
    }),
    async handle({ id, decision, note }, { principal }) {
      const decided = await decideApproval(principal, { id, approve: decision === "approve", note });
      const run = viewRun(decided.run);
      return {
        summary: summaryOf(decided),
        next_step: `get_run with id ${run.id} shows how it went on.`,
        result: decided.kind,
        decision,
        run,
      };
    },
  });

function summaryOf({ kind, decision }: Decided): string {
  const what = decision.approve ? "Approved: the run makes the calls." : "Denied: the run goes on without the calls.";
  return kind === "decided" ? what : `${what} This was decided before; nothing was changed.`;
}
