import type { Instant } from "../kernel/clock.ts";
import type { Outcome } from "../kernel/outcome.ts";
import type { Page, Version, Versioned } from "../schedule/schedule-store.ts";
import type { EndedRun } from "./ended-run.ts";
import type { Run, RunReference } from "./run.ts";

/** Which ended runs: those with one outcome, or all. */
export interface EndedQuery {
  readonly outcome?: Outcome;
  readonly limit: number;
  readonly cursor?: string;
}

/** Ends from `from` up to but not including `until`; `unusual`: those that are not `succeeded`. */
export interface EndsQuery {
  readonly from: Instant;
  readonly until: Instant;
  readonly unusual?: true;
  readonly limit: number;
}

/**
 * Run records: created once, then compare-and-swap. One storage call each unless said otherwise; throws a
 * SERVICE_ERROR when storage does not answer. A write whose reply was lost is recognised as our own.
 */
export interface RunStore {
  read(reference: RunReference): Promise<Versioned<Run> | undefined>;
  /** `created: false` returns the one that is there (one more call). */
  create(run: Run): Promise<{ created: boolean; current: Versioned<Run> }>;
  /** `undefined`: somebody else wrote since `version` was read. */
  replace(run: Run, version: Version): Promise<Version | undefined>;
  /** Newest slot first. One list call, then one read for each run of the page. */
  list(scheduleId: string, page: { limit: number; cursor?: string }): Promise<Page<Run>>;
  /**
   * Ended runs of all schedules of an owner, newest end first. A page may be short, even empty, and still have a next
   * cursor. One list call, up to four with an outcome, then one read for each run of the page.
   */
  listEnded(owner: string, query: EndedQuery): Promise<Page<Run>>;
  /**
   * What the history says about the runs of an owner that ended in a time, newest end first, without their records.
   * `isComplete: false`: there are more than `limit`. One list call for each 11.6 days and for each 5 000 runs.
   */
  listEnds(owner: string, query: EndsQuery): Promise<{ items: readonly EndedRun[]; isComplete: boolean }>;
  /**
   * Enters an ended run into the owner's history. Named by the record alone, so a repeat changes nothing. One call
   * more for a run that is not `succeeded`.
   */
  recordEnd(run: Run): Promise<void>;
}
