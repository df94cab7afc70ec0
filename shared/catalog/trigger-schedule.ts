import { z } from "zod";
import { counted } from "../kernel/counted.ts";
import { describeSlot } from "../schedule/in-words.ts";
import type { createTriggerSchedule, Triggered } from "../use-cases/trigger-schedule.ts";
import { defineTool } from "./tool.ts";
import { runView, viewRun, words } from "./views.ts";

const time = (description: string) => z.string().max(40).optional().describe(description);

export const createTriggerScheduleTool = (trigger: ReturnType<typeof createTriggerSchedule>) =>
  defineTool({
    name: "trigger_schedule",
    title: "Run a schedule now",
    description:
      "Runs a schedule once now, also when it is paused or completed. With backfill_from and backfill_to it runs the planned moments of that past time again, at most 100 a call. Use it when the person does not want to wait, or after an outage. Give an idempotency_key, so that a repeated call starts nothing twice.",
    toolset: "schedules",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    example: { id: "local-0198c0de-0000-7000-8000-000000000000", idempotency_key: "asked-on-monday" },
    input: z.strictObject({
      id: z.string().max(200).describe("Id from schedule_conversation or list_schedules."),
      backfill_from: time(
        "First moment to run again: 2026-12-01T08:00 local to the schedule's zone, or with an offset. Goes with backfill_to.",
      ),
      backfill_to: time("Last moment to run again, in the same form; moments to come are left out."),
      idempotency_key: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe("The same key gives the same runs, so a repeated call starts nothing twice."),
    }),
    output: z.object({
      ...words,
      result: z.enum(["opened", "existing"]).describe("existing: this idempotency_key was used before."),
      schedule_id: z.string(),
      runs: z.array(runView).describe("Oldest moment first."),
    }),
    async handle({ id, backfill_from, backfill_to, idempotency_key }, { principal }) {
      const triggered = await trigger(principal, {
        scheduleId: id,
        backfillFrom: backfill_from,
        backfillTo: backfill_to,
        idempotencyKey: idempotency_key,
      });
      const runs = triggered.runs.map(viewRun);
      return {
        summary: summaryOf(triggered),
        next_step: nextStepOf(runs),
        result: triggered.kind,
        schedule_id: id,
        runs,
      };
    },
  });

function summaryOf({ kind, schedule, runs }: Triggered): string {
  const { name, plan } = schedule.definition;
  const moments = [runs[0], runs.at(-1)].map((run) => describeSlot(run?.slot ?? 0, plan.timeZone).local);
  const which = runs.length === 1 ? moments[0] : `from ${moments[0]} to ${moments[1]}`;
  return kind === "opened"
    ? `Opened ${counted(runs.length, "run")} of ${JSON.stringify(name)}: ${which}.`
    : `This idempotency_key has opened ${counted(runs.length, "run")} of ${JSON.stringify(name)} before; nothing new was opened.`;
}

const nextStepOf = (runs: readonly { id: string }[]): string =>
  runs.length === 1
    ? `get_run with id ${runs[0]?.id} tells how it goes.`
    : "list_runs with this schedule_id tells how they go; they run one after the other unless overlap is allow_all.";
