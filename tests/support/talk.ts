import { AppError } from "../../shared/kernel/errors.ts";
import { chatGateId } from "../../shared/protocol/conversation-holder.ts";
import type { Run } from "../../shared/runs/run.ts";
import type { Continued, ContinueRequest } from "../../shared/use-cases/continue-conversation.ts";
import type { Waiting } from "../../shared/use-cases/watch-run.ts";
import { createWorld, minute, minuteIso, type World, type WorldOptions } from "./world.ts";
import { runsIn } from "./world-state.ts";

/** What became of something that was begun at a moment of the world. */
export interface Outcome<T> {
  value?: T;
  refusal?: AppError;
}

/** Does something at a moment and keeps what comes of it; what is no refusal is thrown into the world. */
export function later<T>(world: World, at: number, act: () => Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = {};
  world.at(at, async () => {
    try {
      outcome.value = await act();
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      outcome.refusal = thrown;
    }
  });
  return outcome;
}

/** Says something at a moment. */
export const sayAt = (
  world: World,
  at: number,
  request: ContinueRequest,
  waiting?: Partial<Waiting>,
): Outcome<Continued> => later(world, at, () => world.say(request, undefined, waiting));

export const gateOf = (conversation: string): { readonly id: string } => ({ id: chatGateId(conversation) });

/** The runs in which people talked in a conversation, oldest first. */
export const chatsIn = (world: World, conversation: string): Promise<Run[]> => runsIn(world, gateOf(conversation));

/** A schedule with one conversation for all runs, at minutes 5 and 15, unless asked for otherwise. */
export const continuing = {
  timing: { every_minutes: 10, start_at: minuteIso(5), end_at: minuteIso(15) },
  conversation: "continue",
} as const;

/** The conversation of the only schedule, once its first run is over. */
export async function afterFirstRun(options: WorldOptions, request: Parameters<World["schedule"]>[0] = continuing) {
  const world = createWorld({ workers: 3, ...options });
  const schedule = await world.schedule(request);
  await world.advanceTo(minute(6));
  const [run] = await runsIn(world, schedule);
  return { world, schedule, conversationId: run!.conversationId };
}
