import { z } from "zod";
import { toIso } from "../kernel/clock.ts";
import { counted } from "../kernel/counted.ts";
import { runId } from "../runs/run.ts";
import type { createListConversations, ListedConversation } from "../use-cases/list-conversations.ts";
import { cursorPart, moreText, nextCursor, pageInput } from "./page-input.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 20;

const conversationView = z.object({
  id: z.string().describe("For get_conversation and continue_conversation."),
  title: z.string().describe("Name of its schedule, or how it began."),
  schedule_id: z.string().optional().describe("Whose runs speak in it; absent when it was begun by hand."),
  last_activity: z.string().describe("When its newest run ended, ISO 8601, UTC."),
  last_run_id: z.string(),
  last_outcome: z.string().describe("succeeded, failed, ..."),
  last_answer: z.string().optional().describe("The first 200 characters of the newest answer."),
});

type ConversationView = z.output<typeof conversationView>;

export const createListConversationsTool = (listConversations: ReturnType<typeof createListConversations>) =>
  defineTool({
    name: "list_conversations",
    title: "List conversations",
    description:
      "Lists conversations, newest activity first, with title and the start of the newest answer: those of scheduled runs and those begun by hand. Use it to find one to read or to go on with. One that was busy for long may come again on a later page.",
    toolset: "conversations",
    hints: readOnly,
    example: { limit: 10 },
    input: z.strictObject(pageInput(defaultLimit, 50)),
    output: z.object({ ...words, conversations: z.array(conversationView), next_cursor: nextCursor }),
    async handle({ limit = defaultLimit, cursor }, { principal }) {
      const page = await listConversations(principal, { limit, cursor });
      const conversations = page.items.map(view);
      return {
        summary: summaryOf(conversations),
        next_step: moreText(
          page.nextCursor,
          "get_conversation with an id shows the transcript, continue_conversation goes on with it.",
        ),
        conversations,
        ...cursorPart(page.nextCursor),
      };
    },
  });

const view = ({ head, lastRun }: ListedConversation): ConversationView => ({
  id: head.id,
  title: head.title,
  ...(head.scheduleId === undefined ? {} : { schedule_id: head.scheduleId }),
  last_activity: toIso(lastRun.endedAt ?? lastRun.createdAt),
  last_run_id: runId(lastRun),
  last_outcome: lastRun.outcome ?? lastRun.state,
  ...(lastRun.answer === undefined ? {} : { last_answer: lastRun.answer.slice(0, 200) }),
});

function summaryOf(conversations: readonly ConversationView[]): string {
  if (conversations.length === 0) return "No conversations on this page.";
  const lines = conversations.map(({ title, last_activity }) => `${JSON.stringify(title)} (${last_activity})`);
  return `${counted(conversations.length, "conversation")}: ${lines.join("; ")}.`;
}
