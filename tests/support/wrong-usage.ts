import { tokensIn } from "../../shared/kernel/usage.ts";
import type { Run } from "../../shared/runs/run.ts";
import { monthOf } from "../../shared/schedule/month.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

/** Every token of the newest month is counted once: in the runs, in their sums, and in the schedule. */
export function wrongUsage({ id, status, usage, definition }: Schedule, runs: readonly Run[]): string[] {
  if (status === "deleted") return [];
  const inMonth = runs.filter(
    ({ endedAt }) => endedAt !== undefined && monthOf(endedAt, definition.plan.timeZone) === usage?.month,
  );
  const spent = tokensIn(inMonth.flatMap((run) => run.usage ?? []));
  const told = inMonth.reduce((sum, run) => sum + run.promptTokens + run.completionTokens, 0);
  const counted = tokensIn(usage?.models ?? []);
  const total = (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0);
  const all = [spent, told, counted, total];
  return new Set(all).size === 1 ? [] : [`the runs of ${id} in ${usage?.month} have cost ${all.join(", ")} tokens`];
}
