import type { Attempt } from "../resilience/targets.ts";

/** The Scheduler's tools, in its own spelling. */
export const schedulerTools = ["scheduleConversation", "getConversationStatus", "cancelConversation"] as const;

export type SchedulerTool = (typeof schedulerTools)[number];

/** `refused`: it understood and does not want to; its words are for the log, and for what cannot be told otherwise. */
export type Answer =
  | { readonly kind: "result"; readonly value: unknown }
  | { readonly kind: "refused"; readonly words: string };

/** One way of speaking with a Scheduler. */
export interface Dialect {
  readonly name: "mcp" | "mcptools";
  /** false: it has to be found anew. */
  isOpen(): boolean;
  /** @throws SchedulerFailure, or the signal's reason */
  call(tool: SchedulerTool, input: Readonly<Record<string, string>>, attempt: Attempt): Promise<Answer>;
  close(): Promise<void>;
}

/** Names are the same however they are written: scheduleConversation, schedule_conversation. */
export const plainName = (name: string): string => name.replace(/[^a-z0-9]/gi, "").toLowerCase();

/** Whether a list of tools has all that we need. */
export function hasAllTools(names: readonly string[]): boolean {
  const plain = new Set(names.map(plainName));
  return schedulerTools.every((tool) => plain.has(plainName(tool)));
}
