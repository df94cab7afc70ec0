/** What a metric is: its kind of instrument, its unit as OpenTelemetry writes it, its attributes, and what it tells. */
export interface Metric {
  readonly kind: "counter" | "histogram" | "gauge";
  readonly unit: string;
  readonly attributes: readonly string[];
  readonly meaning: string;
}

/** Every metric of the app, in the order of docs/telemetry.md. Alerts rest on these and never on sampled traces. */
export const metrics = {
  "run.ended": {
    kind: "counter",
    unit: "{run}",
    attributes: ["outcome", "kind", "reason"],
    meaning: "Runs by how they ended; a range of missed slots is one.",
  },
  "run.lateness": {
    kind: "histogram",
    unit: "ms",
    attributes: ["kind"],
    meaning:
      "From the moment at which a run was to start, jitter included, to the one at which a worker first took it.",
  },
  "run.storage_operations": {
    kind: "histogram",
    unit: "{operation}",
    attributes: [],
    meaning: "Requests to storage while a worker had the run.",
  },
  "schedule.backlog": {
    kind: "histogram",
    unit: "{schedule}",
    attributes: [],
    meaning: "Schedules whose slot had passed when a tick found them, for each tick; normally none.",
  },
  // Name and attributes as OpenTelemetry defines them.
  "gen_ai.client.token.usage": {
    kind: "histogram",
    unit: "{token}",
    attributes: ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.response.model", "gen_ai.token.type"],
    meaning: "Tokens of each model call: sent (input) and written (output).",
  },
  "target.duration": {
    kind: "histogram",
    unit: "ms",
    attributes: ["target", "operation", "outcome"],
    meaning: "Calls to other services, all attempts together.",
  },
  "target.failures": {
    kind: "counter",
    unit: "{call}",
    attributes: ["target", "operation", "outcome"],
    meaning: "Calls to other services that failed in the end.",
  },
  "target.breaker_open": {
    kind: "gauge",
    unit: "1",
    attributes: ["target"],
    meaning: "1 while a service is left alone because it failed several times in a row, else 0.",
  },
  "log.warnings": {
    kind: "counter",
    unit: "{line}",
    attributes: ["level", "logger"],
    meaning: "Warnings and errors in the log, whatever LOG_LEVEL lets through.",
  },
} as const satisfies Record<string, Metric>;
