import type { Instant } from "../kernel/clock.ts";
import { AppError } from "../kernel/errors.ts";
import type { Ports } from "../protocol/ports.ts";
import { risksOf } from "../runs/risks.ts";
import type { DefinitionRequest } from "../schedule/define.ts";
import { defaultPolicies } from "../schedule/policies.ts";
import { parsePlan, type TimingInput } from "../schedule/read-timing.ts";
import type { Toolbox } from "../tools/toolbox.ts";

/** What only the person can settle before a conversation is scheduled. */
export interface OpenPoints {
  readonly needsTimeZone: boolean;
  /** What they should agree to. */
  readonly risks: readonly string[];
}

/** VALIDATION_ERROR when the times are wrong in another way than by a missing zone. No storage call. */
export function createFindOpenPoints({ clock }: Ports, toolbox: Toolbox) {
  return async ({ timing, policies, allowedTools }: DefinitionRequest): Promise<OpenPoints> => {
    const now = clock.now();
    const needsTimeZone = lacksTimeZone(timing, now);
    // How close its times lie is the same in every zone, but for a change of the clocks.
    const plan = parsePlan(needsTimeZone ? { ...timing, time_zone: "UTC" } : timing, now);
    const definition = {
      plan,
      policies: { ...defaultPolicies, ...policies },
      ...(allowedTools === undefined ? {} : { allowedTools: [...allowedTools] }),
    };
    return { needsTimeZone, risks: risksOf(definition, await toolbox.list(), now) };
  };
}

function lacksTimeZone(timing: TimingInput, now: Instant): boolean {
  if (timing.time_zone !== undefined) return false;
  try {
    parsePlan(timing, now);
    return false;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.details.field === "time_zone") return true;
    throw thrown;
  }
}
