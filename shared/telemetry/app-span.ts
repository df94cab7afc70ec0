import { type Span as OtelSpan, SpanStatusCode } from "@opentelemetry/api";
import { AppError } from "../kernel/errors.ts";
import type { Span } from "../kernel/telemetry.ts";
import { withoutGaps } from "./instruments.ts";

/** The port of one span. The first failure stays: who fails it on purpose knows more than who sees the error pass. */
export function openSpan(span: OtelSpan): { readonly port: Span; readonly end: () => void } {
  let hasFailed = false;
  const port: Span = {
    set(attributes) {
      span.setAttributes(withoutGaps(attributes));
    },
    fail(code) {
      if (hasFailed) return;
      hasFailed = true;
      // OpenTelemetry's name for it, which Azure Monitor drops, and one that arrives.
      span.setAttributes({ "error.type": code, "error.code": code });
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    },
  };
  return { port, end: () => span.end() };
}

/** Foreign names and texts stay out of traces, as they stay out of answers. */
export function codeOf(thrown: unknown): string {
  if (thrown instanceof AppError) return thrown.code;
  return thrown instanceof Error && thrown.name === "AbortError" ? "aborted" : "INTERNAL_ERROR";
}
