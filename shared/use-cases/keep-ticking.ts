import type { Heartbeat } from "../alarm/heartbeat.ts";
import { toIso } from "../kernel/clock.ts";
import type { Ports } from "../protocol/ports.ts";
import { createDispatchDue, type DispatchReport } from "./dispatch-due.ts";

/**
 * The tick's second heart: whoever does anything in this process looks whether somebody still ticks, and ticks when
 * nobody does, because timers of Node apps on Flex Consumption have stopped for good while the rest worked.
 */
export function createKeepTicking(ports: Ports, heartbeat: Heartbeat) {
  const { clock, settings, events } = ports;
  // The look-ahead is two intervals: a tick older than that may already have let a slot pass.
  const silentMs = settings.lookAheadMs;
  const intervalMs = settings.lookAheadMs / 2;
  const dispatch = createDispatchDue(ports, heartbeat);
  /** Of the newest tick that this process knows of, its own or another's, on its monotonic clock. */
  let tickedAt = -Infinity;
  let lookedAt = -Infinity;
  let underWay = 0;

  async function dispatchDue(): Promise<DispatchReport> {
    const startedAt = clock.monotonic();
    underWay++;
    try {
      const report = await dispatch();
      tickedAt = Math.max(tickedAt, startedAt);
      return report;
    } finally {
      underWay--;
    }
  }

  async function dispatchIfSilent(): Promise<void> {
    const lastBeat = await heartbeat.lastBeat();
    const silentForMs = lastBeat === undefined ? Infinity : clock.now() - lastBeat;
    if (silentForMs <= silentMs) {
      tickedAt = Math.max(tickedAt, clock.monotonic() - silentForMs);
      return;
    }
    events.record({
      // A new app has never ticked; later it means that the timer does not do its work.
      level: lastBeat === undefined ? "info" : "warning",
      name: "tick.silent",
      message:
        lastBeat === undefined
          ? "Nobody has ticked on this storage yet; what is due is dispatched without waiting for the timer."
          : "The timer has not ticked for two intervals; what is due is dispatched without it.",
      fields: { last_tick: lastBeat === undefined ? null : toIso(lastBeat) },
    });
    await dispatchDue();
  }

  return {
    /** One tick, as the timer asks for it: always, also while another is under way. See createDispatchDue. */
    dispatchDue,
    /**
     * For every MCP call and every finished run, after it: ticks when the last tick is older than two intervals. Nobody
     * need wait for it, and it never rejects: a failure is recorded. Mostly free; at most one storage call (the
     * heartbeat) an interval, and a tick beside it when the timer is silent. Never twice at a time in one process.
     */
    async keepTicking(): Promise<void> {
      const at = clock.monotonic();
      if (underWay > 0 || at - tickedAt <= silentMs || at - lookedAt < intervalMs) return;
      lookedAt = at;
      underWay++;
      try {
        await dispatchIfSilent();
      } catch (cause) {
        events.record({
          level: "error",
          name: "tick.failed",
          message: "A tick in place of the timer's failed; the next call tries again.",
          cause,
        });
      } finally {
        underWay--;
      }
    },
  };
}
