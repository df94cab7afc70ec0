import { type Instant, minuteMs } from "../kernel/clock.ts";
import { usualInterval } from "../schedule/closest-interval.ts";
import type { Definition } from "../schedule/schedule.ts";
import type { Tool } from "../tools/toolbox.ts";
import { allowedTools } from "./allowed-tools.ts";

/** Runs closer together than this cost more than most people expect. */
const frequentMs = 5 * minuteMs;

/** What a person should agree to before such a schedule works unattended, in sentences. */
export const risksOf = (
  definition: Pick<Definition, "plan" | "policies" | "allowedTools">,
  tools: readonly Tool[],
  now: Instant,
): readonly string[] => [...frequentRuns(definition.plan, now), ...unattendedWrites(definition, tools)];

function frequentRuns(plan: Definition["plan"], now: Instant): string[] {
  const closest = usualInterval(plan, now);
  if (closest >= frequentMs) return [];
  const minutes = closest / minuteMs;
  return [
    `Its runs lie only ${minutes === 1 ? "a minute" : `${minutes} minutes`} apart, and each of them costs tokens.`,
  ];
}

function unattendedWrites(definition: Parameters<typeof risksOf>[0], tools: readonly Tool[]): string[] {
  if (definition.policies.approval !== "never") return [];
  const writing = allowedTools(tools, definition).filter(({ readOnly }) => !readOnly);
  if (writing.length === 0) return [];
  return [`Its runs may change things without asking anybody, with: ${writing.map(({ name }) => name).join(", ")}.`];
}
