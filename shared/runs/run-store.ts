import type { Page, Version, Versioned } from "../schedule/schedule-store.ts";
import type { Run, RunReference } from "./run.ts";

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
  /** Enters an ended run into the owner's history. Named by the record alone, so a repeat changes nothing. */
  recordEnd(run: Run): Promise<void>;
}
