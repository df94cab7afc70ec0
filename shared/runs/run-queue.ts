import { z } from "zod";

/** Wakes a worker for one run. A message may be lost, late or doubled; the record decides what is true. */
export const runMessageSchema = z.object({
  v: z.literal(1),
  scheduleId: z.string(),
  key: z.string(),
  /** Comes at the expiry of the request for approval with this step; the only message for it, so never dropped early. */
  expires: z.number().int().optional(),
  /** Asks for what the run owes its owner to be told, and for nothing else. */
  notify: z.literal(true).optional(),
  /** Asks to arm at the external Scheduler what its schedule plans, and for nothing else; the key is that of the slot. */
  arm: z.literal(true).optional(),
  /** W3C traceparent of what sent it, so that a run is part of the trace that caused it. */
  traceparent: z.string().optional(),
});

export type RunMessage = z.output<typeof runMessageSchema>;

export interface RunQueue {
  /** Never expires. The delay is in milliseconds, rounded up to seconds, 0 to 7 days. One storage call. */
  enqueue(message: RunMessage, delayMs: number): Promise<void>;
}
