import { tokensIn } from "../kernel/usage.ts";
import { type Cost, costOf, type Prices } from "./cost.ts";
import type { EndedRun } from "./ended-run.ts";

/** What a schedule will cost if its runs are like earlier ones. */
export interface Forecast {
  readonly tokensPerRun: number;
  readonly runsPerMonth: number;
  readonly tokensPerMonth: number;
  /** Of a month; absent without prices. */
  readonly cost?: Cost;
  /** Earlier runs that it rests on. */
  readonly basedOnRuns: number;
}

/** undefined when no earlier run has spoken to a model: then nothing can be said. */
export function forecastOf(
  earlier: readonly EndedRun[],
  runsPerMonth: number,
  prices: Prices | undefined,
): Forecast | undefined {
  const runs = earlier.filter(({ kind, usage }) => kind !== "chat" && tokensIn(usage) > 0);
  const middle = medianRun(runs);
  if (middle === undefined) return undefined;
  const tokensPerRun = tokensIn(middle.usage);
  const cost = costOf(middle.usage.map(times(runsPerMonth)), prices);
  return {
    tokensPerRun,
    runsPerMonth,
    tokensPerMonth: tokensPerRun * runsPerMonth,
    ...(cost === undefined ? {} : { cost }),
    basedOnRuns: runs.length,
  };
}

/** A run and not a mean of two: its models and their parts are what the cost rests on. */
const medianRun = (runs: readonly EndedRun[]): EndedRun | undefined =>
  runs.toSorted((left, right) => tokensIn(left.usage) - tokensIn(right.usage))[Math.floor((runs.length - 1) / 2)];

const times =
  (factor: number) =>
  (entry: EndedRun["usage"][number]): EndedRun["usage"][number] => ({
    ...entry,
    promptTokens: entry.promptTokens * factor,
    completionTokens: entry.completionTokens * factor,
  });
