import { z } from "zod";
import { toIso } from "../kernel/clock.ts";
import { type Approval, approvalId } from "../runs/approval.ts";
import { runId } from "../runs/run.ts";
import { isChatKey } from "../schedule/run-key.ts";

const text = (description: string) => z.string().describe(description);

export const approvalView = z.object({
  id: text("The request's id, for decide_approval."),
  run_id: text("The run that waits."),
  schedule_id: text("The schedule it belongs to; absent from a chat.").optional(),
  schedule_name: text("The schedule's name; the title of a chat."),
  conversation_id: text("Where the whole transcript is."),
  calls: z
    .array(
      z.object({
        tool: text("Name of the tool."),
        arguments: text("What it is to be called with, as JSON; long ones are cut and say so."),
      }),
    )
    .describe("The tool calls that wait. One decision covers all of them."),
  requested_at: text("ISO 8601, UTC."),
  expires_at: text("ISO 8601, UTC. Undecided until then counts as denied."),
});

export const viewApproval = (approval: Approval): z.output<typeof approvalView> => ({
  id: approvalId(approval),
  run_id: runId(approval),
  ...(isChatKey(approval.key) ? {} : { schedule_id: approval.scheduleId }),
  schedule_name: approval.scheduleName,
  conversation_id: approval.conversationId,
  calls: approval.calls.map(({ name, arguments: words }) => ({ tool: name, arguments: cut(words) })),
  requested_at: toIso(approval.requestedAt),
  expires_at: toIso(approval.expiresAt),
});

/** Characters of a call's arguments in an answer: enough to decide about, and the transcript has the rest. */
const shownCharacters = 2000;

const cut = (words: string): string =>
  words.length <= shownCharacters
    ? words
    : `${words.slice(0, shownCharacters)} ... [cut: ${words.length} characters; get_conversation shows them all]`;

/** A call as people read it. */
export const callInWords = ({ tool, arguments: words }: { tool: string; arguments: string }): string =>
  `${tool}(${words})`;
