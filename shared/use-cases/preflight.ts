import { hourMs } from "../kernel/clock.ts";
import type { Ports } from "../protocol/ports.ts";
import { allowedTools } from "../runs/allowed-tools.ts";
import { type Forecast, forecastOf } from "../runs/forecast.ts";
import { needsApproval } from "../runs/needs-approval.ts";
import { addressOf } from "../runs/what-to-tell.ts";
import { shownUrl } from "../schedule/notify.ts";
import { runsPerMonth } from "../schedule/runs-per-month.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Toolbox, ToolSource } from "../tools/toolbox.ts";

/** What a run of the schedule would find if it began now, and what a month of them would cost. */
export interface Preflight {
  readonly tools: readonly { readonly name: string; readonly needsApproval: boolean }[];
  readonly sources: readonly ToolSource[];
  /** Where its owner would be told what happens, without keys; absent: nowhere. */
  readonly tellsAt?: string;
  /** Absent when no earlier run tells anything. */
  readonly forecast?: Forecast;
}

/** How far back earlier runs are looked for, and how many of them. */
const lookBackMs = 31 * 24 * hourMs;
const lookedAtRuns = 1000;

/**
 * Looks without writing. Up to four list calls.
 * @param isNew the schedule has no runs of its own: those of all schedules of its owner tell what one costs
 */
export async function preflight(
  ports: Ports,
  toolbox: Toolbox,
  schedule: Schedule,
  { isNew }: { readonly isNew: boolean },
): Promise<Preflight> {
  const now = ports.clock.now();
  const { definition, counted } = schedule;
  const { maxRuns = Infinity } = definition.policies;
  const [tools, sources, { items: ended }] = await Promise.all([
    toolbox.list(),
    toolbox.sources(),
    ports.runs.listEnds(schedule.owner, { from: now - lookBackMs, until: now, limit: lookedAtRuns }),
  ]);
  const earlier = isNew ? ended : ended.filter(({ scheduleId }) => scheduleId === schedule.id);
  const runs = Math.min(runsPerMonth(definition.plan, now), Math.max(0, maxRuns - counted));
  const forecast = forecastOf(earlier, runs, ports.settings.prices);
  const address = definition.notify === "never" ? undefined : addressOf(definition, ports.settings.notify);
  return {
    tools: allowedTools(tools, definition).map((tool) => ({
      name: tool.name,
      needsApproval: needsApproval(tool, definition),
    })),
    sources,
    ...(address === undefined ? {} : { tellsAt: shownUrl(address.url) }),
    ...(forecast === undefined ? {} : { forecast }),
  };
}
