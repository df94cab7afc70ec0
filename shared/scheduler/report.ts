import type { AlarmHealth } from "../alarm/external-alarm.ts";
import { secondMs } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { AppEvent, Events } from "../kernel/events.ts";
import { withoutSecrets } from "../kernel/without-secrets.ts";
import { BreakerOpen } from "../resilience/breaker.ts";
import type { SchedulerTool } from "./dialect.ts";
import type { Known } from "./known-dialect.ts";
import { toAppError, toFailure } from "./scheduler-failure.ts";

export interface ReportOptions {
  readonly events: Events;
  /** How long the Scheduler is left alone. */
  readonly restMs: number;
  /** What no log may show. */
  readonly secrets: () => readonly string[];
}

/** How it goes with the Scheduler: remembered for health, told to the operator, and put into words for callers. */
export function createReport(options: ReportOptions) {
  let state: Pick<AlarmHealth, "state" | "problem"> = { state: "unused" };
  return {
    found: ({ name }: Known): void => {
      const message = `The external Scheduler speaks ${name === "mcp" ? "MCP" : "through its tools at /api/mcptools"}.`;
      options.events.record({ level: "info", name: "scheduler.found", message, fields: { dialect: name } });
    },
    state: () => state,
    worked(): void {
      state = { state: "ok" };
    },
    /** It is well and does not want this one call. @param secrets of this call */
    refused(tool: SchedulerTool, words: string, secrets: readonly string[]): AppError {
      state = { state: "ok" };
      const message = refusals[tool];
      recordFailed(options, { message, fields: { tool }, cause: new Error(words) }, secrets);
      return new AppError("SERVICE_ERROR", message);
    },
    failed(tool: SchedulerTool, thrown: unknown, secrets: readonly string[]): AppError {
      const failure = toFailure(thrown);
      // What opened it has been recorded; a line for each call that is not made would say nothing more.
      if (thrown instanceof BreakerOpen) return toAppError(failure, `${failure.message} ${leftAloneWords(options)}`);
      state = { state: "unavailable", problem: failure.message };
      const { trouble, status, message, cause = failure } = failure;
      recordFailed(options, { message, fields: { tool, trouble, status }, cause }, secrets);
      return toAppError(failure);
    },
  };
}

const leftAloneWords = ({ restMs }: ReportOptions): string =>
  `After several failures in a row it is left alone for ${restMs / secondMs} seconds.`;

function recordFailed(
  { events, secrets }: ReportOptions,
  { cause, ...event }: Pick<AppEvent, "message" | "fields" | "cause">,
  more: readonly string[],
): void {
  const blotted = [...secrets(), ...more].reduce(
    (kept, secret) => withoutSecrets(kept, secret),
    withoutSecrets(cause, null),
  );
  events.record({ level: "warning", name: "scheduler.call_failed", ...event, cause: blotted });
}

const refusals: Readonly<Record<SchedulerTool, string>> = {
  scheduleConversation:
    "The external Scheduler refuses to arm this slot. It takes only times that lie in the future by its own clock.",
  getConversationStatus: "The external Scheduler refuses to tell what became of the slot. Its words are in the log.",
  cancelConversation: "The external Scheduler refuses to cancel the slot. Its words are in the log.",
};
