import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  type SpanOptions as StartOptions,
  trace,
} from "@opentelemetry/api";
import type { Attributes, SpanOptions, Telemetry } from "../kernel/telemetry.ts";
import { codeOf, openSpan } from "./app-span.ts";
import { createInstruments, withoutGaps } from "./instruments.ts";
import { fromTraceparent, newSpanContext, toTraceparent } from "./span-context.ts";

export interface OpenTelemetryOptions {
  /**
   * The Functions host reports a request for each call of a trigger (telemetryMode OpenTelemetry in host.json). Spans of
   * kind server and consumer are requests, too, so beside such a host they are made internal.
   */
  readonly hostReportsRequests: boolean;
}

export interface OpenTelemetry extends Telemetry {
  /** Work that belongs to the trace of a message or a request, without a span of its own. */
  within<Result>(traceparent: string | undefined, work: () => Result): Result;
  /** One request to storage was sent: for the nearest span that wants to know how many there are. */
  countOperation(): void;
  /** What a log line of this moment carries: the ids of trace and span, and what the spans around it say of themselves. */
  logFields(): Attributes;
}

/**
 * Telemetry through the API of OpenTelemetry. Without an SDK a span is no more than ids for the log, and nothing is
 * measured. The present span is kept here and not by the API, which keeps nothing without an SDK.
 */
export function createOpenTelemetry({ hostReportsRequests }: OpenTelemetryOptions): OpenTelemetry {
  const present = new AsyncLocalStorage<Context>();
  const here = (): Context => present.getStore() ?? ROOT_CONTEXT;
  const instruments = createInstruments();

  return {
    ...instruments,
    span(name, options, work) {
      const { parent, links } = causeOf(here(), options);
      const kind = kindOf(options, hostReportsRequests);
      const span = start(name, { kind, links, attributes: withoutGaps(options.attributes) }, parent);
      const operations = options.operations === undefined ? operationsIn(parent) : { count: 0 };
      const within = trace
        .setSpan(parent, span)
        .setValue(logKey, { ...logIn(parent), ...options.log })
        .setValue(operationsKey, operations);
      return present.run(within, async () => {
        const { port, end } = openSpan(span);
        try {
          return await work(port);
        } catch (thrown) {
          port.fail(codeOf(thrown));
          throw thrown;
        } finally {
          if (options.operations !== undefined) {
            port.set({ "storage.operations": operations?.count });
            instruments.measure(options.operations, operations?.count ?? 0);
          }
          end();
        }
      });
    },
    traceparent() {
      const context = trace.getSpanContext(here());
      return context && toTraceparent(context);
    },
    within: (traceparent, work) => present.run(causeOf(here(), { parent: traceparent }).parent, work),
    countOperation() {
      const operations = operationsIn(here());
      if (operations !== undefined) operations.count++;
    },
    logFields() {
      const { traceId, spanId } = trace.getSpanContext(here()) ?? {};
      return { trace_id: traceId, span_id: spanId, ...logIn(here()) };
    },
  };
}

/**
 * The context that a span begins in. A carried parent that is of the present trace changes nothing: what is at hand is
 * nearer. Of another trace it wins, and the span points to the present one by a link.
 */
function causeOf(here: Context, { parent, isRoot }: Pick<SpanOptions, "parent" | "isRoot">) {
  const present = trace.getSpanContext(here);
  const carried = fromTraceparent(parent);
  const links = present === undefined ? [] : [{ context: present }];
  if (isRoot === true) return { parent: trace.deleteSpan(here), links };
  if (carried === undefined || carried.traceId === present?.traceId) return { parent: here, links: [] };
  return { parent: trace.setSpanContext(here, carried), links };
}

/** The tracer is asked for each time, because an SDK that starts later has another one. */
function start(name: string, options: StartOptions, parent: Context) {
  const span = trace.getTracer("scheduled-conversations").startSpan(name, options, parent);
  if (isSpanContextValid(span.spanContext())) return span;
  return trace.wrapSpanContext(newSpanContext());
}

const spanKinds = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  // Azure Monitor makes a request of both, and gives one of kind consumer no name.
  consumer: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
} as const;

function kindOf({ kind = "internal" }: SpanOptions, hostReportsRequests: boolean): SpanKind {
  const isRequest = kind === "server" || kind === "consumer";
  return isRequest && hostReportsRequests ? SpanKind.INTERNAL : spanKinds[kind];
}

const logKey = createContextKey("log");
const operationsKey = createContextKey("operations");

// The keys are ours alone, so what stands under them is what was put there above.
const logIn = (context: Context) => context.getValue(logKey) as Attributes | undefined;
const operationsIn = (context: Context) => context.getValue(operationsKey) as { count: number } | undefined;
