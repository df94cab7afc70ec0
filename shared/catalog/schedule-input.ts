import { z } from "zod";
import { minuteMs, secondMs } from "../kernel/clock.ts";
import { readCatchUpWindow } from "../schedule/catch-up-window.ts";
import { notifySchema } from "../schedule/notify.ts";
import type { Policies } from "../schedule/policies.ts";
import type { ScheduleRequest } from "../use-cases/schedule-conversation.ts";

const policiesInput = z.strictObject({
  overlap: z
    .enum(["skip", "buffer_one", "cancel_other", "allow_all"])
    .optional()
    .describe("What happens when a run is due while the one before is still going on. Default skip."),
  catch_up: z
    .enum(["one", "all", "none"])
    .optional()
    .describe("What happens with moments that were missed during an outage. Default one: the newest."),
  catch_up_window: z
    .string()
    .max(40)
    .optional()
    .describe(
      "How far back catch_up goes: an ISO 8601 duration from 5 minutes to 30 days, such as PT6H or P7D. Default PT24H.",
    ),
  max_runs: z.int().min(1).max(1_000_000).optional().describe("Planned runs after which the schedule is completed."),
  max_attempts: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe("Attempts of one run when the model is unreachable. Default 3."),
  timeout_minutes: z.int().min(1).max(1440).optional().describe("Limit of one attempt in minutes. Default 10."),
  pause_after_failures: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .describe("Failed runs in a row after which the schedule pauses itself; 0 never. Default 10."),
  jitter_seconds: z
    .int()
    .min(0)
    .max(3600)
    .optional()
    .describe(
      "Spreads load: each run starts up to this many seconds after its moment, by a delay that is fixed for that moment. Must be smaller than the time between two runs. Default 0.",
    ),
  approval: z
    .enum(["never", "writes", "always"])
    .optional()
    .describe(
      "Which tool calls wait for the person's approval, at most 24 hours. writes (default): those that change something and that allowed_tools does not name. always: every call.",
    ),
  max_tokens_per_run: z
    .int()
    .min(1000)
    .max(10_000_000)
    .optional()
    .describe("Tokens that one run may cost, sent and written together. Default 100000."),
  max_tokens_per_month: z
    .int()
    .min(1000)
    .max(1_000_000_000)
    .optional()
    .describe("Tokens that all runs of a calendar month in time_zone may cost together. Default: no limit."),
  start_at: z.string().max(40).optional().describe("No run before this time, local to time_zone or with offset."),
  end_at: z.string().max(40).optional().describe("No run after this time, local to time_zone or with offset."),
  except_dates: z
    .array(z.string().max(10))
    .max(366)
    .optional()
    .describe("Dates without runs, YYYY-MM-DD in time_zone."),
  gap: z
    .enum(["skip", "shift"])
    .optional()
    .describe("What happens with a local time that daylight saving time leaves out. Default skip."),
});

/** Flat, because nested unions break real clients and model APIs; that exactly one time is given is checked by us. */
export const scheduleInput = z.strictObject({
  name: z.string().trim().min(1).max(200).describe("A short name that the person will recognise."),
  prompt: z
    .string()
    .max(65_536)
    .describe(
      "What to say to the model at each run. It must stand on its own: nobody answers questions at that moment.",
    ),
  cron: z
    .string()
    .max(200)
    .optional()
    .describe("Five fields: minute hour day-of-month month day-of-week, for example 0 8 * * MON-FRI. Needs time_zone."),
  run_at: z
    .string()
    .max(40)
    .optional()
    .describe("One single time: 2026-12-01T08:00 local to time_zone, or with an offset such as Z or +01:00."),
  every_minutes: z.int().min(1).max(525_600).optional().describe("Minutes from run to run."),
  time_zone: z
    .string()
    .max(64)
    .optional()
    .describe("IANA name such as Europe/Berlin. Needed with cron and a local run_at. Ask the person, never guess."),
  conversation: z
    .enum(["new", "continue"])
    .optional()
    .describe("new (default): a conversation for each run. continue: one for all runs, which remembers all of them."),
  allowed_tools: z
    .array(z.string().max(128))
    .max(100)
    .optional()
    .describe(
      "Tools that a run may use: names, or server:* for all of a server or group. Default: every read-only tool.",
    ),
  tags: z.array(z.string().min(1).max(64)).max(20).optional().describe("Words to find the schedule by."),
  model: z
    .string()
    .regex(/^[\w.:/@+-]{1,128}$/, "The name of a model or deployment is expected, such as gpt-5-mini.")
    .optional()
    .describe("Model or deployment name. Default: the configured one."),
  notify: notifySchema
    .optional()
    .describe(
      "Which ends of runs are told. on_failure (default): failed ones. on_change: also those with something to report. always: every one. never: nothing. Requests for approval and a pause by failures are told, too, but with never.",
    ),
  notify_url: z
    .string()
    .max(2048)
    .optional()
    .describe("https:// address that is told, by a signed POST. Default: the operator's, if there is one."),
  policies: policiesInput.optional().describe("Finer points; the defaults suit most schedules."),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The same key gives the same schedule, so a repeated call creates nothing twice."),
  dry_run: z.boolean().optional().describe("true: only show what would be planned."),
});

type ScheduleInput = z.output<typeof scheduleInput>;

export const toScheduleRequest = (input: ScheduleInput): ScheduleRequest => ({
  name: input.name,
  prompt: input.prompt,
  ...toContent(input),
  idempotencyKey: input.idempotency_key,
  dryRun: input.dry_run,
});

/** What a new schedule and a changed one have in common. */
export function toContent(input: Omit<ScheduleInput, "name" | "prompt">) {
  const { policies = {} } = input;
  const { start_at, end_at, except_dates, gap } = policies;
  const { cron, run_at, every_minutes, time_zone } = input;
  return {
    timing: { cron, run_at, every_minutes, time_zone, start_at, end_at, except_dates, gap },
    conversation: input.conversation,
    policies: toPolicies(policies),
    allowedTools: input.allowed_tools,
    tags: input.tags,
    model: input.model,
    notify: input.notify,
    notifyUrl: input.notify_url,
  };
}

function toPolicies(input: z.output<typeof policiesInput>): Partial<Policies> {
  return {
    ...(input.overlap === undefined ? {} : { overlap: input.overlap }),
    ...(input.catch_up === undefined ? {} : { catchUp: input.catch_up }),
    ...(input.catch_up_window === undefined ? {} : { catchUpWindowSeconds: readCatchUpWindow(input.catch_up_window) }),
    ...(input.max_runs === undefined ? {} : { maxRuns: input.max_runs }),
    ...(input.max_attempts === undefined ? {} : { maxAttempts: input.max_attempts }),
    ...(input.timeout_minutes === undefined ? {} : { timeoutSeconds: (input.timeout_minutes * minuteMs) / secondMs }),
    ...(input.pause_after_failures === undefined ? {} : { pauseAfterFailures: input.pause_after_failures }),
    ...(input.approval === undefined ? {} : { approval: input.approval }),
    ...(input.max_tokens_per_run === undefined ? {} : { maxTokensPerRun: input.max_tokens_per_run }),
    ...(input.max_tokens_per_month === undefined ? {} : { maxTokensPerMonth: input.max_tokens_per_month }),
    ...(input.jitter_seconds === undefined ? {} : { jitterSeconds: input.jitter_seconds }),
  };
}
