import type { Instant } from "../kernel/clock.ts";

/** One slot of one schedule, at which somebody outside is to call us back. */
export interface AlarmSlot {
  readonly scheduleId: string;
  readonly slot: Instant;
}

/** What has become of an armed slot over there. `unknown`: they do not know it (any more). */
export type ArmedState = "scheduled" | "in_progress" | "completed" | "failed" | "cancelled" | "unknown";

/** What we speak with. `none`: nothing usable has answered yet. */
export interface AlarmHealth {
  readonly state: "unused" | "ok" | "unavailable";
  readonly dialect: "mcp" | "mcptools" | "none";
  /** Since when the dialect is known. */
  readonly since: Instant | undefined;
  /** In our own words, with advice; only when unavailable. */
  readonly problem?: string;
}

/**
 * A Scheduler service that posts a callback at a slot. The timer covers whatever it does not do, so nobody who calls
 * these may fail for it. Each method is bounded in time and @throws AppError SERVICE_ERROR, AUTHENTICATION_ERROR or
 * TIMEOUT_ERROR in our own words.
 */
export interface ExternalAlarm {
  /** Answers the id by which the Scheduler knows the armed slot. A slot armed twice calls back twice. */
  arm(slot: AlarmSlot): Promise<string>;
  /** false: it was not waiting any more, or is not known there. */
  cancel(armedId: string): Promise<boolean>;
  status(armedId: string): Promise<ArmedState>;
  /** What is known without a call. */
  health(): AlarmHealth;
}
