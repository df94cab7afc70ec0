import { parseConversationName } from "../../shared/azure/storage/names.ts";
import type { LoggedEvent } from "../../shared/conversations/events.ts";
import type { Run } from "../../shared/runs/run.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { World } from "./world.ts";

/** What storage says, read from outside of all processes. */

export async function scheduleIn({ ports }: World, { id }: Pick<Schedule, "id">): Promise<Schedule> {
  const current = await ports.schedules.read(id);
  if (current === undefined) throw new Error(`There is no schedule ${id}.`);
  return current.value;
}

/** Every run of the schedule, oldest slot first. */
export async function runsIn({ ports }: World, { id }: Pick<Schedule, "id">): Promise<Run[]> {
  const { items } = await ports.runs.list(id, { limit: 5000 });
  return items.toReversed();
}

/** The outcomes of the runs, oldest slot first; with its reason where there is one. */
export async function outcomesIn(world: World, schedule: Pick<Schedule, "id">): Promise<string[]> {
  const runs = await runsIn(world, schedule);
  return runs.map(({ state, outcome, reason }) => [outcome ?? state, reason].filter(Boolean).join(": "));
}

/** The events of a conversation, one list for each segment. */
export async function segmentsIn(world: World, conversationId: string): Promise<LoggedEvent[][]> {
  const segments: LoggedEvent[][] = [];
  for (const name of world.blobs.names()) {
    const parsed = parseConversationName(name);
    if (parsed?.id !== conversationId || parsed.segment === undefined) continue;
    const segment = await world.ports.log.readSegment(conversationId, parsed.segment);
    segments.push([...(segment?.events ?? [])]);
  }
  return segments;
}

export async function eventsIn(world: World, conversationId: string): Promise<LoggedEvent[]> {
  return (await segmentsIn(world, conversationId)).flat();
}

export function conversationsIn(world: World): string[] {
  const ids = world.blobs.names().flatMap((name) => parseConversationName(name)?.id ?? []);
  return [...new Set(ids)];
}
