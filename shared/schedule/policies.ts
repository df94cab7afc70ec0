import { z } from "zod";

/** What to do when things overlap, come late or fail. Values and defaults: docs/schedules.md. */
export const policiesSchema = z.object({
  overlap: z.enum(["skip", "buffer_one", "cancel_other", "allow_all"]),
  catchUp: z.enum(["one", "all", "none"]),
  catchUpWindowSeconds: z.number().int(),
  maxRuns: z.number().int().optional(),
  maxAttempts: z.number().int(),
  timeoutSeconds: z.number().int(),
  /** Consecutive failed runs after which the schedule pauses itself; 0 never. */
  pauseAfterFailures: z.number().int(),
  /**
   * Which tool calls wait for their owner's approval. writes: those of tools that are not read-only and that the
   * allow list does not name. always: every call.
   */
  approval: z.enum(["never", "writes", "always"]).default("writes"),
  maxTokensPerRun: z.number().int().default(100_000),
  /** In a calendar month of the schedule's zone; absent: no limit. */
  maxTokensPerMonth: z.number().int().optional(),
  /** A run starts this much after its slot at most; see jitter.ts. Absent: 0. */
  jitterSeconds: z.number().int().optional(),
});

export type Policies = z.output<typeof policiesSchema>;

export const defaultPolicies: Policies = {
  overlap: "skip",
  catchUp: "one",
  catchUpWindowSeconds: 24 * 60 * 60,
  maxAttempts: 3,
  timeoutSeconds: 10 * 60,
  pauseAfterFailures: 10,
  approval: "writes",
  maxTokensPerRun: 100_000,
};
