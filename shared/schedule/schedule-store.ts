import type { Instant } from "../kernel/clock.ts";
import type { Marker, Schedule } from "./schedule.ts";

/** Opaque; changes with every write (the ETag). */
export type Version = string;

export interface Versioned<T> {
  readonly value: T;
  readonly version: Version;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/**
 * Schedules with compare-and-swap. Every method is one storage call unless it says otherwise and throws a
 * SERVICE_ERROR when storage does not answer: `undefined` always means that the thing is really not there.
 * A write whose reply was lost is recognised as our own.
 */
export interface ScheduleStore {
  read(id: string): Promise<Versioned<Schedule> | undefined>;
  /** `created: false` returns the one that is there (one more call). */
  create(schedule: Schedule): Promise<{ created: boolean; current: Versioned<Schedule> }>;
  /** `undefined`: somebody else wrote since `version` was read. Read again and decide again. */
  replace(schedule: Schedule, version: Version): Promise<Version | undefined>;
  /** One list call, then one read for each schedule of the page; one that is damaged is left out and reported. */
  list(owner: string, page: { limit: number; cursor?: string }): Promise<Page<Schedule>>;
  /** The ids of all owners, in order. One list call. */
  listIds(page: { limit: number; cursor?: string }): Promise<Page<string>>;
  /** false: somebody wrote since `version` was read (one more call). Removing one that is gone is no error. */
  remove(id: string, version: Version): Promise<boolean>;
}

export interface ListedMarker extends Marker {
  readonly scheduleId: string;
  readonly createdAt: Instant;
}

/** The index by which a tick finds due schedules without reading those that are not. */
export interface DueMarkers {
  /** Creating one that exists is no error. false: it was there already, or is our own whose reply was lost. */
  create(scheduleId: string, marker: Marker): Promise<boolean>;
  /** Removing one that is gone is no error. */
  remove(scheduleId: string, marker: Marker): Promise<void>;
  /** Markers of one shard with slot <= until, oldest first. One list call for each 100 markers. */
  list(shard: number, until: Instant): Promise<readonly ListedMarker[]>;
}
