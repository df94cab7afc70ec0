import { z } from "zod";
import { isUsedUp } from "../schedule/admission.ts";
import { clearableFields } from "../schedule/define.ts";
import { describeSlot } from "../schedule/in-words.ts";
import type { createUpdateSchedule, Updated } from "../use-cases/update-schedule.ts";
import { changesInWords } from "./changes-in-words.ts";
import { preflightInWords, preflightView, viewPreflight } from "./preflight-view.ts";
import { scheduleInput, toContent } from "./schedule-input.ts";
import { defineTool } from "./tool.ts";
import { scheduleView, slotView, viewSchedule, words } from "./views.ts";

const input = z.strictObject({
  id: z.string().max(200).describe("Id from schedule_conversation or list_schedules."),
  if_match: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .optional()
    .describe("revision of the schedule as you read it. Refused when somebody has changed it since."),
  ...scheduleInput.omit({ idempotency_key: true }).partial().shape,
  status: z.enum(["active", "paused"]).optional().describe("paused: no run starts until it is active again."),
  reason: z.string().max(500).optional().describe("Why it is paused, in the person's words. Only with status."),
  clear: z
    .array(z.enum(clearableFields))
    .max(clearableFields.length)
    .optional()
    .describe("Names of optional fields whose value is taken away; null and leaving a field out change nothing."),
});

export const createUpdateScheduleTool = (updateSchedule: ReturnType<typeof createUpdateSchedule>) =>
  defineTool({
    name: "update_schedule",
    title: "Change a schedule",
    description:
      "Changes, pauses or resumes a schedule. Fields left out stay as they are, also inside policies. Any of cron, run_at and every_minutes replaces the time; time_zone alone reads the cron pattern in another zone. A run that is going on is not touched. Show the person changes, in_words and next_slots of the answer.",
    toolset: "schedules",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    example: { id: "local-0198c0de-0000-7000-8000-000000000000", cron: "30 8 * * MON-FRI", clear: ["end_at"] },
    input,
    output: z.object({
      ...words,
      result: z
        .enum(["changed", "unchanged", "dry_run"])
        .describe("unchanged: it was like this already; nothing was written."),
      changes: z.array(z.string()).describe("What has changed, in words."),
      in_words: z.string(),
      next_slots: z.array(slotView),
      warnings: z.array(z.string()),
      schedule: scheduleView,
      preflight: preflightView.optional().describe("Of a dry run: what a run would find, and what a month would cost."),
    }),
    async handle({ id, if_match, name, prompt, clear, status, reason, dry_run: dryRun, ...content }, { principal }) {
      const change = { name, prompt, ...toContent(content), clear };
      return describe(await updateSchedule(principal, { id, ifMatch: if_match, change, status, reason, dryRun }));
    },
  });

function describe({ before, schedule, nextSlots, warnings, preflight }: Updated) {
  const view = viewSchedule(schedule);
  const isChanged = schedule !== before;
  const changes = isChanged ? changesInWords(before, schedule) : [];
  const slots = nextSlots.map((slot) => describeSlot(slot, view.time_zone));
  const result: Result = preflight !== undefined ? "dry_run" : isChanged ? "changed" : "unchanged";
  const found = preflight === undefined ? [] : preflightInWords(preflight);
  const all = [...warnings, ...usedUp(schedule), ...runsGoingOn(schedule)];
  return {
    summary: [
      headline[result](JSON.stringify(view.name)),
      ...changes,
      `${view.in_words}.`,
      nextText(schedule.status, slots[0]),
      ...all,
      ...found,
    ].join(" "),
    next_step: nextStep[result](view.id),
    result,
    changes,
    in_words: view.in_words,
    next_slots: slots,
    warnings: all,
    schedule: view,
    ...(preflight === undefined ? {} : { preflight: viewPreflight(preflight) }),
  };
}

type Result = "changed" | "unchanged" | "dry_run";

const headline: Record<Result, (name: string) => string> = {
  changed: (name) => `Changed ${name}.`,
  unchanged: (name) => `${name} is like this already; nothing was changed.`,
  dry_run: (name) => `Dry run of a change of ${name}: nothing was changed; it would be like this.`,
};

const nextStep: Record<Result, (id: string) => string> = {
  changed: () => "Tell the person what has changed and when it fires now, with the zone.",
  unchanged: (id) => `Nothing to do. get_schedule with id ${id} shows its runs.`,
  dry_run: () => "Nothing was changed. Show the person this; call again without dry_run when they agree.",
};

function nextText(status: string, slot: { local: string } | undefined): string {
  if (status === "paused") return 'It is paused: no run starts until status "active" is passed.';
  return slot === undefined ? "No further run." : `Next run: ${slot.local}.`;
}

function usedUp(schedule: Updated["schedule"]): string[] {
  if (!isUsedUp(schedule)) return [];
  return [`max_runs ${schedule.definition.policies.maxRuns} is used up: raise it, or take it away with clear.`];
}

function runsGoingOn({ open }: Updated["schedule"]): string[] {
  const count = open.filter(({ state }) => state === "active").length;
  if (count === 0) return [];
  return [`${count === 1 ? "A run is" : `${count} runs are`} going on and not touched by changes.`];
}
