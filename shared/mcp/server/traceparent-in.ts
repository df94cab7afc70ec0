import { memberOf } from "./member-of.ts";

/** The trace that a client's call belongs to; `_meta` carries it without a prefix (SEP-414). */
export function traceparentIn(meta: unknown): string | undefined {
  const traceparent = memberOf(meta, "traceparent");
  return typeof traceparent === "string" ? traceparent : undefined;
}
