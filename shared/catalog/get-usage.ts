import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import { tokensIn } from "../kernel/usage.ts";
import type { createGetUsage, Spent, UsageOfMonth } from "../use-cases/get-usage.ts";
import { defineTool, readOnly } from "./tool.ts";
import { costPart, costText, costView, modelUsageView, viewModelUsage } from "./usage-view.ts";
import { words } from "./views.ts";

const count = (description: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe(description);

const spentView = z.object({
  runs: count("Runs that ended in the month."),
  prompt_tokens: count("Tokens sent to models."),
  completion_tokens: count("Tokens that models wrote."),
  cost: costView.optional().describe("Only where the operator has given prices."),
});

export const createGetUsageTool = (getUsage: ReturnType<typeof createGetUsage>) =>
  defineTool({
    name: "get_usage",
    title: "Get usage",
    description:
      "Sums up the tokens of a calendar month over all runs that ended in it: in total, by model and by schedule, with their cost where prices are known. Use it when the person asks what their schedules cost.",
    toolset: "runs",
    hints: readOnly,
    example: { month: "2026-12", time_zone: "Europe/Berlin" },
    input: z.strictObject({
      month: z.string().max(20).optional().describe("YYYY-MM. Default: the present month."),
      time_zone: z.string().max(64).optional().describe("IANA name: whose calendar the month is of. Default UTC."),
    }),
    output: z.object({
      ...words,
      month: z.string().describe("YYYY-MM."),
      time_zone: z.string().describe("IANA name."),
      total: spentView,
      by_model: z.array(modelUsageView),
      by_schedule: z
        .array(
          spentView.extend({
            kind: z.enum(["schedule", "chat"]).describe("chat: what was said by hand in one conversation."),
            schedule_id: z.string().optional().describe("Absent from a chat."),
            conversation_id: z.string().optional().describe("Only of a chat, for get_conversation."),
            name: z
              .string()
              .optional()
              .describe("The schedule's name or the conversation's title; absent when it is gone."),
          }),
        )
        .describe("The 20 schedules and chats that used most tokens, most first."),
      unlisted_schedules: count("Further ones that used fewer tokens; they are in the total."),
      is_complete: z.boolean().describe("false: more runs have ended than one answer counts; the newest are counted."),
    }),
    async handle({ month, time_zone: timeZone }, { principal }) {
      const usage = await getUsage(principal, { month, timeZone });
      return {
        summary: summaryOf(usage),
        next_step: nextStepOf(usage),
        month: usage.month,
        time_zone: usage.timeZone,
        total: viewSpent(usage.total),
        by_model: usage.total.usage.map(viewModelUsage),
        by_schedule: usage.schedules.map(({ id, name, chatIn, ...spent }) => ({
          ...(chatIn === undefined
            ? { kind: "schedule" as const, schedule_id: id }
            : { kind: "chat" as const, conversation_id: chatIn }),
          ...(name === undefined ? {} : { name }),
          ...viewSpent(spent),
        })),
        unlisted_schedules: usage.unlistedSchedules,
        is_complete: usage.isComplete,
      };
    },
  });

const viewSpent = ({ runs, usage, cost }: Spent): z.output<typeof spentView> => ({
  runs,
  prompt_tokens: usage.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
  completion_tokens: usage.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
  ...costPart(cost),
});

function nextStepOf({ schedules }: UsageOfMonth): string {
  const areChats = schedules.length > 0 && schedules.every(({ chatIn }) => chatIn !== undefined);
  return areChats
    ? "get_conversation with a conversation_id shows what was said in a chat."
    : "get_schedule with a schedule_id shows its limits; update_schedule changes them.";
}

function summaryOf({ month, timeZone, total, schedules, isComplete }: UsageOfMonth): string {
  const all = `${month} (${timeZone}): ${counted(total.runs, "run")}, ${tokensIn(total.usage)} tokens${costText(total.cost)}.`;
  const most = schedules
    .slice(0, 3)
    .map(({ name, id, chatIn, usage }) => {
      const title = JSON.stringify(name ?? chatIn ?? id);
      return `${chatIn === undefined ? "" : "chat "}${title} ${tokensIn(usage)}`;
    })
    .join(", ");
  const note = isComplete ? "" : " More runs have ended than one answer counts: only the newest are in these sums.";
  return `${all}${most === "" ? "" : ` Most: ${most}.`}${note}`;
}
