import { z } from "zod";
import { describeSlot } from "../schedule/in-words.ts";
import type { createFindOpenPoints } from "../use-cases/find-open-points.ts";
import type { createScheduleConversation, Scheduled } from "../use-cases/schedule-conversation.ts";
import { preflightInWords, preflightView, viewPreflight } from "./preflight-view.ts";
import { scheduleInput, toScheduleRequest } from "./schedule-input.ts";
import { scheduleQuestions } from "./schedule-questions.ts";
import { defineTool } from "./tool.ts";
import { scheduleView, slotView, viewSchedule, words } from "./views.ts";

export const scheduledOutput = z.object({
  ...words,
  result: z.enum(["created", "existing", "dry_run"]).describe("existing: this idempotency_key was used before."),
  schedule_id: z.string().optional().describe("Absent after a dry run."),
  in_words: z.string(),
  next_slots: z.array(slotView),
  warnings: z.array(z.string()),
  schedule: scheduleView.partial({ id: true }),
  preflight: preflightView.optional().describe("Of a dry run: what a run would find, and what a month would cost."),
});

export const createScheduleConversationTool = (
  schedule: ReturnType<typeof createScheduleConversation>,
  findOpenPoints: ReturnType<typeof createFindOpenPoints>,
) =>
  defineTool({
    name: "schedule_conversation",
    title: "Schedule a conversation",
    description:
      "Plans a conversation with an AI model that runs by itself at the given times, with tools, while nobody is online. Use it when the person wants something done or looked at later or regularly. Give exactly one of cron, run_at and every_minutes. Show the person in_words and next_slots of the answer.",
    toolset: "schedules",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    example: {
      name: "Critical tickets",
      prompt: "Look at the open critical tickets and say what changed.",
      cron: "0 8 * * MON-FRI",
      time_zone: "Europe/Berlin",
    },
    input: scheduleInput,
    output: scheduledOutput,
    async handle(input, { principal }) {
      const scheduled = await schedule(principal, toScheduleRequest(input));
      return describe(scheduled);
    },
    async ask(input) {
      const { needsTimeZone, risks } = await findOpenPoints(toScheduleRequest(input));
      return scheduleQuestions(input.name, { needsTimeZone, risks: input.dry_run === true ? [] : risks });
    },
  });

function describe({ kind, schedule, nextSlots, warnings, preflight }: Scheduled) {
  const { id, ...view } = viewSchedule(schedule);
  const slots = nextSlots.map((slot) => describeSlot(slot, view.time_zone));
  const isReal = kind !== "dry_run";
  const found = preflight === undefined ? [] : preflightInWords(preflight);
  return {
    summary: [headline[kind](view.name), `${view.in_words}.`, nextText(slots[0]), ...warnings, ...found].join(" "),
    next_step: isReal
      ? `Tell the person when it fires, with the zone. get_schedule with id ${id} shows its runs.`
      : "Nothing was created. Show the person these times; call again without dry_run when they agree.",
    result: kind,
    ...(isReal ? { schedule_id: id } : {}),
    in_words: view.in_words,
    next_slots: slots,
    warnings: [...warnings],
    schedule: isReal ? { id, ...view } : view,
    ...(preflight === undefined ? {} : { preflight: viewPreflight(preflight) }),
  };
}

const headline: Record<Scheduled["kind"], (name: string) => string> = {
  created: (name) => `Scheduled ${JSON.stringify(name)}.`,
  existing: (name) => `${JSON.stringify(name)} was scheduled before with this idempotency_key; nothing was created.`,
  dry_run: (name) => `Dry run of ${JSON.stringify(name)}: nothing was created.`,
};

const nextText = (slot: { local: string } | undefined): string =>
  slot === undefined ? "No further run." : `First run: ${slot.local}.`;
