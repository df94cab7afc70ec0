import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import type { createGetConversation } from "../use-cases/read-conversation.ts";
import { defineTool, readOnly } from "./tool.ts";
import { eventView, viewEvent, words } from "./views.ts";

const defaultLimit = 50;

export const createGetConversationTool = (getConversation: ReturnType<typeof createGetConversation>) =>
  defineTool({
    name: "get_conversation",
    title: "Get a conversation",
    description:
      "Shows the transcript of a conversation, oldest event first: what was said, which tools were called and what they answered.",
    toolset: "conversations",
    hints: readOnly,
    example: { id: "local-0198c0de-0000-7000-8000-000000000000" },
    input: z.strictObject({
      id: z.string().max(200).describe("conversation_id of a run."),
      from_event: z.string().max(40).optional().describe("next_from_event of the answer before, for what follows."),
      limit: z.int().min(1).max(200).optional().describe(`Events of one page. Default ${defaultLimit}.`),
    }),
    output: z.object({
      ...words,
      conversation_id: z.string(),
      title: z.string(),
      events: z.array(eventView),
      next_from_event: z.string().optional().describe("Present when there is more: give it as from_event."),
    }),
    async handle({ id, from_event, limit = defaultLimit }, { principal }) {
      const { head, events, next } = await getConversation(principal, id, from_event, limit);
      return {
        summary: `${counted(events.length, "event")} of the conversation ${JSON.stringify(head.title)}.`,
        next_step:
          next === undefined ? "This is the end so far." : `There is more: call again with from_event ${next}.`,
        conversation_id: id,
        title: head.title,
        events: events.map(({ position, event }) => viewEvent(position, event)),
        ...(next === undefined ? {} : { next_from_event: next }),
      };
    },
  });
