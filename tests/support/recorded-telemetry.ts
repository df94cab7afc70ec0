import type { Attributes, SpanOptions, Telemetry } from "../../shared/kernel/telemetry.ts";

interface RecordedSpan extends Pick<SpanOptions, "kind"> {
  readonly name: string;
  readonly attributes: Attributes;
  readonly failed?: string;
}

interface Recorded {
  readonly metric: string;
  readonly value: number;
  readonly attributes: Attributes | undefined;
}

/** The telemetry port, keeping what it is told. Durations are left out: they differ each time. */
export function createRecordedTelemetry() {
  const spans: RecordedSpan[] = [];
  const counted: Recorded[] = [];
  const measured: Omit<Recorded, "value">[] = [];
  const gauges: Recorded[] = [];
  const present = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const telemetry: Telemetry = {
    async span(name, { kind, attributes }, work) {
      let seen: RecordedSpan = { name, attributes: { ...attributes }, ...(kind === undefined ? {} : { kind }) };
      const index = spans.push(seen) - 1;
      const keep = (more: Partial<RecordedSpan>): void => {
        seen = { ...seen, ...more };
        spans[index] = seen;
      };
      return work({
        set: (more) => keep({ attributes: { ...seen.attributes, ...more } }),
        fail: (failed) => keep({ failed }),
      });
    },
    traceparent: () => present,
    count: (metric, value, attributes) => void counted.push({ metric, value, attributes }),
    measure: (metric, _value, attributes) => void measured.push({ metric, attributes }),
    gauge: (metric, value, attributes) => void gauges.push({ metric, value, attributes }),
  };
  return { ...telemetry, present, spans, counted, measured, gauges };
}
