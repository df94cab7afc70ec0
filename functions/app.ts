import { compose } from "../shared/app/compose.ts";
import { readProcessConfig } from "../shared/app/config.ts";
import { startExporter } from "../shared/app/start-exporter.ts";
import { createCredential } from "../shared/azure/identity.ts";
import { createJsonLog } from "../shared/telemetry/json-log.ts";
import { createOpenTelemetry } from "../shared/telemetry/open-telemetry.ts";
import { withCountedEvents } from "../shared/telemetry/with-counted-events.ts";

/** The configured app that every trigger calls. A wrong setting stops the start here, with its reason. */
export const config = readProcessConfig();

export const telemetry = createOpenTelemetry({ hostReportsRequests: !config.isLocal });

const log = createJsonLog(
  config.logLevel,
  // biome-ignore lint/suspicious/noConsole: the host collects what the worker prints
  (line, level) => console[level === "warning" ? "warn" : level](line),
  Date.now,
  telemetry.logFields,
);

export const events = withCountedEvents(log, telemetry);

const credential = createCredential(config.identity, { events });

/** Absent: traces and metrics go nowhere. */
export const exporter = await startExporter(config, { credential, events });

export const app = compose(config, { credential, events, telemetry });
