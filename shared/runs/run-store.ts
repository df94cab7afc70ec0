import type { Page, Version, Versioned } from "../schedule/schedule-store.ts";
import type { Outcome, Run, RunReference } from "./run.ts";

/** Which ended runs: those with one outcome, those that are not `succeeded`, or all. */
export interface EndedQuery {
  readonly outcome?: Outcome;
  readonly unusual?: true;
  readonly limit: number;
  readonly cursor?: string;
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
   * Enters an ended run into the owner's history. Named by the record alone, so a repeat changes nothing. One call
   * more for a run that is not `succeeded`.
   */
  recordEnd(run: Run): Promise<void>;
}
