/** Values of a span or a measurement. Names follow OpenTelemetry's conventions where it has one; undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

export interface Span {
  set(attributes: Attributes): void;
  /** Marks the span as failed, with a code of ours and never with foreign text. */
  fail(code: string): void;
}

export interface SpanOptions {
  readonly attributes?: Attributes;
  /** `client`: a call that leaves the process; `server`, `consumer`: one that came in. Default internal. */
  readonly kind?: "internal" | "client" | "server" | "consumer" | "producer";
  /** W3C traceparent of what caused this, where that was carried in a message or a request. */
  readonly parent?: string | undefined;
  /** It begins a trace of its own, which points back to the present span: for what the clock causes, not a caller. */
  readonly isRoot?: boolean;
  /** What every log line within carries, beside the ids of trace and span. */
  readonly log?: Attributes;
  /** Name of the histogram that gets how many storage operations there were within. */
  readonly operations?: string;
}

/** The port to traces and metrics. Never throws by itself and never waits: an exporter that is down or slow costs nothing. */
export interface Telemetry {
  /** The work within a span of its own; what it throws marks the span as failed and is thrown on. */
  span<Result>(name: string, options: SpanOptions, work: (span: Span) => Promise<Result>): Promise<Result>;
  /** W3C traceparent of the present span, for messages and requests that leave; undefined without one. */
  traceparent(): string | undefined;
  /** Adds to a counter. */
  count(metric: string, value: number, attributes?: Attributes): void;
  /** One measurement of a histogram; the unit is part of the metric's definition. */
  measure(metric: string, value: number, attributes?: Attributes): void;
  /** The newest value of a gauge. */
  gauge(metric: string, value: number, attributes?: Attributes): void;
}

const silentSpan: Span = { set: () => undefined, fail: () => undefined };

/** For an app without telemetry, and for tests that do not look at it. */
export const silentTelemetry: Telemetry = {
  span: (_name, _options, work) => work(silentSpan),
  traceparent: () => undefined,
  count: () => undefined,
  measure: () => undefined,
  gauge: () => undefined,
};
