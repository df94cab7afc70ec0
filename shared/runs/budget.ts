import type { Instant } from "../kernel/clock.ts";
import { monthOf } from "../schedule/month.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** What a run may still spend, and the limit that is met first. 0 or less: no call to the model is made any more. */
export interface TokensLeft {
  readonly tokens: number;
  readonly limit: "run_tokens" | "month_tokens";
}

/**
 * The month counts in the schedule's zone, with the runs that have ended in it: those that go on at the same time do
 * not see each other's tokens.
 * @param spent tokens of this run so far, those of summaries included
 */
export function tokensLeft(
  { definition, usage }: Pick<Schedule, "definition" | "usage">,
  spent: number,
  now: Instant,
): TokensLeft {
  const { maxTokensPerRun, maxTokensPerMonth = Infinity } = definition.policies;
  const isThisMonth = usage?.month === monthOf(now, definition.plan.timeZone);
  const others = isThisMonth ? usage.promptTokens + usage.completionTokens : 0;
  const inRun = maxTokensPerRun - spent;
  const inMonth = maxTokensPerMonth - others - spent;
  return inMonth < inRun ? { tokens: inMonth, limit: "month_tokens" } : { tokens: inRun, limit: "run_tokens" };
}

/**
 * The limit of an answer, or undefined where what is left is more than it could take. Only below 4096, which models of
 * every provider can write: one that is asked for more than its maximum refuses the request.
 */
export const maxOutputTokens = ({ tokens }: TokensLeft): number | undefined => (tokens < 4096 ? tokens : undefined);
