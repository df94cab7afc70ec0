import { z } from "zod";
import type { createDeleteConversation } from "../use-cases/delete-conversation.ts";
import { defineTool } from "./tool.ts";
import { words } from "./views.ts";

export const createDeleteConversationTool = (deleteConversation: ReturnType<typeof createDeleteConversation>) =>
  defineTool({
    name: "delete_conversation",
    title: "Delete a conversation",
    description:
      "Deletes a conversation with everything that was said in it; this cannot be undone. Refused while a run is going on there. A schedule that continues it begins it anew with its next run; to end the schedule use delete_schedule. Ask the person before you call it.",
    toolset: "conversations",
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({
      id: z.string().max(200).describe("conversation_id of a run, or id from list_conversations."),
    }),
    output: z.object({ ...words, conversation_id: z.string(), title: z.string() }),
    async handle({ id }, { principal }) {
      const { title, scheduleId } = await deleteConversation(principal, id);
      return {
        summary: `The conversation ${JSON.stringify(title)} is deleted. The records of its runs stay, each with outcome, tokens and the start of its answer.`,
        next_step: scheduleId === undefined ? "Nothing more to do." : "Its schedule goes on; delete_schedule ends it.",
        conversation_id: id,
        title,
      };
    },
  });
