import { metrics as api, type Meter, type Attributes as OtelAttributes } from "@opentelemetry/api";
import type { Attributes, Telemetry } from "../kernel/telemetry.ts";
import { type Metric, metrics } from "./metrics.ts";

/**
 * The metrics through OpenTelemetry's API. An instrument is made at its first use: those that are made before an SDK
 * is registered stay silent for ever.
 */
export function createInstruments(): Pick<Telemetry, "count" | "measure" | "gauge"> {
  const meter = once(() => api.getMeter("scheduled-conversations"));
  const counter = byName((name) => meter().createCounter(name, describe(name)));
  const histogram = byName((name) => meter().createHistogram(name, describe(name)));
  const gauge = byName((name) => keepValues(meter(), name));
  return {
    count: (metric, value, attributes) => counter(metric).add(value, withoutGaps(attributes)),
    measure: (metric, value, attributes) => histogram(metric).record(value, withoutGaps(attributes)),
    gauge: (metric, value, attributes) => gauge(metric)(value, withoutGaps(attributes)),
  };
}

/** Told again with each export: a value that is told once would be gone from the next one. */
function keepValues(meter: Meter, name: string): (value: number, attributes: OtelAttributes) => void {
  const newest = new Map<string, readonly [number, OtelAttributes]>();
  meter.createObservableGauge(name, describe(name)).addCallback((result) => {
    for (const [value, attributes] of newest.values()) result.observe(value, attributes);
  });
  return (value, attributes) => newest.set(JSON.stringify(attributes), [value, attributes]);
}

function describe(name: string): { unit?: string; description?: string } {
  const { unit, meaning } = (metrics as Readonly<Record<string, Metric>>)[name] ?? {};
  return { ...(unit === undefined ? {} : { unit }), ...(meaning === undefined ? {} : { description: meaning }) };
}

/** Undefined is no value of an attribute. */
export const withoutGaps = (attributes: Attributes = {}): OtelAttributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

function byName<Made>(make: (name: string) => Made): (name: string) => Made {
  const made = new Map<string, Made>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
