import { z } from "zod";
import type { createListApprovals } from "../use-cases/list-approvals.ts";
import { approvalView, callInWords, viewApproval } from "./approval-view.ts";
import { cursorPart, moreText, nextCursor, pageInput } from "./page-input.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 20;

export const createListApprovalsTool = (listApprovals: ReturnType<typeof createListApprovals>) =>
  defineTool({
    name: "list_approvals",
    title: "List approvals",
    description:
      "Lists tool calls that runs want to make and that wait for the person's decision, with their arguments and until when. Use it when a run is waiting_approval, or when the person asks what needs them.",
    toolset: "approvals",
    hints: readOnly,
    example: { limit: 10 },
    input: z.strictObject(pageInput(defaultLimit, 100)),
    output: z.object({ ...words, approvals: z.array(approvalView), next_cursor: nextCursor }),
    async handle({ limit = defaultLimit, cursor }, { principal }) {
      const page = await listApprovals(principal, { limit, cursor });
      const approvals = page.items.map(viewApproval);
      return {
        summary: approvals.length === 0 ? nothingText(page.nextCursor) : approvals.map(inWords).join(" "),
        next_step: moreText(
          page.nextCursor,
          approvals.length === 0
            ? "Nothing to do."
            : "Show the person each request; decide_approval with its id carries out what they decide.",
        ),
        approvals,
        ...cursorPart(page.nextCursor),
      };
    },
  });

const nothingText = (cursor: string | undefined): string =>
  cursor === undefined ? "Nothing waits for a decision." : "Nothing on this page waits for a decision.";

const inWords = ({ schedule_name, calls, expires_at }: z.output<typeof approvalView>): string =>
  `${JSON.stringify(schedule_name)} wants to call ${calls.map(callInWords).join(" and ")}; decide before ${expires_at}.`;
