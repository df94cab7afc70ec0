import type { Credential } from "../azure/identity.ts";
import type { Events } from "../kernel/events.ts";
import { type Exporter, startAzureMonitor } from "../telemetry/azure-monitor.ts";
import type { Config } from "./config.ts";
import { localClocks } from "./local-clocks.ts";

/** What sends traces and metrics, started; undefined where the configuration names nobody who gets them. */
export async function startExporter(
  { telemetry }: Pick<Config, "telemetry">,
  { credential, events }: { readonly credential: Credential; readonly events: Events },
): Promise<Exporter | undefined> {
  if (telemetry === undefined) return undefined;
  const { connectionString, samplingRatio, signsIn } = telemetry;
  return startAzureMonitor({
    connectionString,
    samplingRatio,
    ...(signsIn ? { credential } : {}),
    monotonic: localClocks.monotonic,
    onTrouble: (cause) =>
      events.record({
        level: "warning",
        name: "telemetry.trouble",
        message: "Traces or metrics cannot be sent. Nothing else suffers; the next complaint is told in ten minutes.",
        cause,
      }),
  });
}
