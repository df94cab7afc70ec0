import { costOf } from "../runs/cost.ts";
import { type Run, runId } from "../runs/run.ts";
import type { Ports } from "./ports.ts";

/** Tells the operator of a run that has ended, once: by whoever has written its end. */
export function recordFinished(run: Run, { events, settings }: Ports): void {
  const { usage = [] } = run;
  const cost = costOf(usage, settings.prices);
  events.record({
    level: run.outcome === "succeeded" ? "info" : "warning",
    name: "run.finished",
    message: `The run has ended: ${run.outcome}.`,
    fields: {
      run: runId(run),
      schedule: run.scheduleId,
      owner: run.owner,
      kind: run.kind,
      outcome: run.outcome,
      reason: run.reason,
      quiet: run.quiet !== undefined,
      turns: run.turns,
      tool_calls: run.toolCalls,
      prompt_tokens: run.promptTokens,
      completion_tokens: run.completionTokens,
      /** A JSON list, in which queries find the tokens of each model. */
      usage: JSON.stringify(
        usage.map(({ model, promptTokens, completionTokens }) => ({
          model,
          prompt_tokens: promptTokens,
          completion_tokens: completionTokens,
        })),
      ),
      cost: cost?.amount,
      currency: cost?.currency,
    },
  });
}
