import { secondMs } from "../kernel/clock.ts";

/**
 * Milliseconds that the other side asks us to wait, or undefined when it says nothing usable. Azure sends
 * `retry-after-ms` beside a `retry-after` rounded up to seconds; RFC 9110 also allows a date there. Any length is
 * passed on (86400 s has been seen): whether that is still worth waiting for is the caller's decision.
 */
export function retryAfterMs(headers: Headers | undefined): number | undefined {
  if (headers === undefined) return undefined;
  const text = headers.get("retry-after") ?? "";
  return (
    fromNumber(headers.get("retry-after-ms") ?? "", 1) ??
    fromNumber(text, secondMs) ??
    fromDate(text, headers.get("date"))
  );
}

function fromNumber(text: string, unitMs: number): number | undefined {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Math.ceil(Number(text) * unitMs) : undefined;
}

/** Measured against the other side's own clock where it tells it, so that a difference between clocks does not count. */
function fromDate(text: string, sentAt: string | null): number | undefined {
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  const sent = Date.parse(sentAt ?? "");
  return Math.max(0, until - (Number.isNaN(sent) ? Date.now() : sent));
}
