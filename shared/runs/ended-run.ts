import type { Instant } from "../kernel/clock.ts";
import type { Outcome } from "../kernel/outcome.ts";
import type { ModelUsage } from "../kernel/usage.ts";
import type { RunKind } from "../schedule/schedule.ts";
import type { RunReference } from "./run.ts";

/** What the history says about a run that has ended, without its record. */
export interface EndedRun extends RunReference {
  readonly endedAt: Instant;
  readonly outcome: Outcome;
  readonly kind: RunKind;
  readonly conversationId: string;
  /** It succeeded and had nothing to report. */
  readonly isQuiet: boolean;
  /** Under at most eight names of models. */
  readonly usage: readonly ModelUsage[];
}
