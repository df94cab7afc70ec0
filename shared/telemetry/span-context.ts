import { randomBytes } from "node:crypto";
import { isSpanContextValid, type SpanContext, TraceFlags } from "@opentelemetry/api";

/** W3C Trace Context, level 1: version, trace, span, flags. Later versions may have more behind it. */
const traceparentShape = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** undefined for what is no traceparent: whoever sent it gets a trace of our own, and no error. */
export function fromTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparentShape.exec(text ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

export const toTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;

/** For an app that exports nothing: its log lines belong together all the same. */
export const newSpanContext = (traceId?: string): SpanContext => ({
  traceId: traceId ?? randomBytes(16).toString("hex"),
  spanId: randomBytes(8).toString("hex"),
  traceFlags: TraceFlags.NONE,
});
