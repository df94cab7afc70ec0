import type { Telemetry } from "../kernel/telemetry.ts";
import type { RunQueue } from "../runs/run-queue.ts";

/** Messages carry the trace that they are sent in; one that is put back keeps its own. */
export const withTraceContext = (queue: RunQueue, telemetry: Telemetry): RunQueue => ({
  enqueue(message, delayMs) {
    const traceparent = message.traceparent ?? telemetry.traceparent();
    return queue.enqueue(traceparent === undefined ? message : { ...message, traceparent }, delayMs);
  },
});
