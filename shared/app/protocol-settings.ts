import { hourMs, minuteMs, secondMs } from "../kernel/clock.ts";
import type { ProtocolSettings } from "../protocol/ports.ts";
import type { Config } from "./config.ts";

export const protocolSettings = ({
  tickSeconds,
  dueShards,
  leaseSeconds,
  contextTokens,
  prices,
  notify,
  scheduler,
}: Config): ProtocolSettings => ({
  lookAheadMs: 2 * tickSeconds * secondMs,
  alarmGraceMs: scheduler.graceMs,
  dueShards,
  leaseSeconds,
  // host.json ends a function after ten minutes, and a call that begins at the end of a slice may take five.
  sliceMs: 4.5 * minuteMs,
  // Reasoning models think for minutes; beyond this a connection is more likely dead than busy.
  modelCallMs: 4 * minuteMs,
  // A hard stop: the servers' own limits of a minute are reset by their progress.
  toolCallMs: 5 * minuteMs,
  contextTokens,
  prices,
  notify,
  approvalMs: 24 * hourMs,
  // An append blob takes 50 000 blocks, and a run reads the newest segment whole.
  segmentEvents: 1000,
  segmentBytes: 1024 * 1024,
});
