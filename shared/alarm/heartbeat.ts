import type { Instant } from "../kernel/clock.ts";

/** Remembers when the app last looked for due slots, so that a timer that has stopped is seen. One storage call each. */
export interface Heartbeat {
  beat(at: Instant): Promise<void>;
  lastBeat(): Promise<Instant | undefined>;
}
