import { compose } from "../shared/app/compose.ts";
import { readProcessConfig } from "../shared/app/config.ts";
import { createJsonLog } from "../shared/telemetry/json-log.ts";

/** The configured app that every trigger calls. A wrong setting stops the start here, with its reason. */
export const config = readProcessConfig();

export const events = createJsonLog(
  config.logLevel,
  // biome-ignore lint/suspicious/noConsole: the host collects what the worker prints
  (line, level) => console[level === "warning" ? "warn" : level](line),
  Date.now,
);

export const app = compose(config, { events });
