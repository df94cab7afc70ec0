import type { Events } from "../../shared/kernel/events.ts";
import { silentTelemetry } from "../../shared/kernel/telemetry.ts";
import { createTargets } from "../../shared/resilience/targets.ts";

/** Targets as the app opens them, without telemetry and with retries at once. */
export const createQuietTargets = (events: Events = { record: () => undefined }) =>
  createTargets({ events, telemetry: silentTelemetry, random: () => 0 });
