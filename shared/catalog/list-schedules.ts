import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import { describeSlot, planInWords } from "../schedule/in-words.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { createListSchedules } from "../use-cases/read-schedules.ts";
import { cursorPart, moreText, nextCursor, pageInput } from "./page-input.ts";
import { defineTool, readOnly } from "./tool.ts";
import { slotView, words } from "./views.ts";

const defaultLimit = 20;

const listedSchedule = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  in_words: z.string(),
  next_slot: slotView.optional(),
  tags: z.array(z.string()),
});

export const createListSchedulesTool = (listSchedules: ReturnType<typeof createListSchedules>) =>
  defineTool({
    name: "list_schedules",
    title: "List schedules",
    description: "Lists the caller's scheduled conversations with their next times. Use it to find a schedule's id.",
    toolset: "schedules",
    hints: readOnly,
    example: { status: "active" },
    input: z.strictObject({
      status: z.enum(["active", "paused", "completed"]).optional().describe("Only schedules in this state."),
      tag: z.string().max(64).optional().describe("Only schedules with this tag."),
      query: z.string().max(200).optional().describe("Words that name or prompt must hold."),
      ...pageInput(defaultLimit, 100),
    }),
    output: z.object({ ...words, schedules: z.array(listedSchedule), next_cursor: nextCursor }),
    async handle({ status, tag, query, limit = defaultLimit, cursor }, { principal }) {
      const page = await listSchedules(principal, { status, tag, query }, { limit, cursor });
      const schedules = page.items.map(viewListed);
      return {
        summary: summaryOf(schedules),
        next_step: moreText(page.nextCursor, "get_schedule with an id shows more of one."),
        schedules,
        ...cursorPart(page.nextCursor),
      };
    },
  });

function viewListed({ id, definition, status, next }: Schedule): z.output<typeof listedSchedule> {
  const { name, plan, tags, policies } = definition;
  const slot = next === null ? {} : { next_slot: describeSlot(next, plan.timeZone) };
  return { id, name, status, in_words: planInWords(plan, policies.jitterSeconds), ...slot, tags };
}

function summaryOf(schedules: readonly z.output<typeof listedSchedule>[]): string {
  if (schedules.length === 0) return "No schedules on this page.";
  const lines = schedules.map(({ name, status, in_words }) => `${name} (${status}): ${in_words}`);
  return `${counted(schedules.length, "schedule")}: ${lines.join("; ")}.`;
}
