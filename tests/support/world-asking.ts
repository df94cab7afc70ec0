import { approvalId } from "../../shared/runs/approval.ts";
import type { Policies } from "../../shared/schedule/policies.ts";
import type { ScheduleRequest } from "../../shared/use-cases/schedule-conversation.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "./world.ts";
import type { ModelStep } from "./world-engine.ts";

/** A schedule with one slot, at minute 5, whose runs may use every tool and have to ask before they change anything. */
export const askingRequest = (policies: Partial<Policies> = {}, more: Partial<ScheduleRequest> = {}) => ({
  timing: { run_at: minuteIso(5) },
  allowedTools: ["desk:*"],
  policies,
  ...more,
});

/** A world with such a schedule, whose run asks for tools with its first answer; it has gone on until minute 10. */
export async function playAsking(
  first: ModelStep = { tools: ["send"] },
  request = askingRequest(),
  options: WorldOptions = {},
) {
  const model: WorldOptions["model"] = ({ turn }) => (turn === 0 ? first : { text: "Done." });
  const world = createWorld({ model, ...options });
  const schedule = await world.schedule(request);
  await world.advanceTo(minute(10));
  return { world, schedule };
}

/** The id of the one request that waits. */
export async function approvalIn(world: World): Promise<string> {
  const [first, ...others] = await world.approvals();
  if (first === undefined || others.length > 0) throw new Error(`${others.length + (first ? 1 : 0)} requests wait.`);
  return approvalId(first);
}

/** The tools that were called, in order. */
export const calledIn = ({ toolCalls }: World): readonly string[] => toolCalls.map(({ name }) => name);
