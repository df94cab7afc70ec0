import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import type { Knowledge } from "./knowledge.ts";
import { defineTool, readOnly } from "./tool.ts";
import { words } from "./views.ts";

const defaultLimit = 10;

export const createGetKnowledgeBaseTool = (knowledge: Knowledge) =>
  defineTool({
    name: "get_knowledge_base",
    title: "Search the knowledge base",
    description:
      "Searches the organisation's knowledge base of questions and answers; without a query it returns its first entries. Use it before answering how something is done here.",
    toolset: "knowledge",
    hints: readOnly,
    example: { query: "reset password" },
    input: z.strictObject({
      query: z.string().max(500).optional().describe("What to look for, in words."),
      limit: z.int().min(1).max(100).optional().describe(`Entries to return. Default ${defaultLimit}.`),
    }),
    output: z.object({
      ...words,
      entries: z.array(z.object({ question: z.string(), answer: z.string() })),
      total: z.int().min(0).max(1_000_000).describe("Matching entries, also beyond the limit."),
    }),
    async handle({ query, limit = defaultLimit }) {
      const { entries, total } = await knowledge.find(query, limit);
      const what = query === undefined ? "in the knowledge base" : `for ${JSON.stringify(query)}`;
      return {
        summary: `${counted(total, "entry", "entries")} ${what}, ${entries.length} shown.`,
        next_step:
          entries.length === 0 ? "Try other words, or leave query out to see all." : "Answer from these entries.",
        entries: [...entries],
        total,
      };
    },
  });
