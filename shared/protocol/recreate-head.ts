import { ownerInId } from "../access/owned-id.ts";
import type { LoggedEvent } from "../conversations/events.ts";
import { damageIn } from "../kernel/damage.ts";
import { parseRunId, type RunReference } from "../runs/run.ts";
import { isChatGate } from "../schedule/chat-gate.ts";
import { hasOwnConversation } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/**
 * A head like the one that was lost, from what the conversation and its schedule still tell. Creating one that exists
 * is no error. Three storage calls.
 */
export async function recreateHead(ports: Ports, id: string): Promise<"again"> {
  const events = (await orNone(ports.log.readSegment(id, 0)))?.events ?? [];
  const run = firstRunIn(events);
  const schedule = run && (await orNone(ports.schedules.read(run.scheduleId)))?.value;
  const first = events.find((event) => event.type !== "unknown");
  await ports.log.createHead({
    v: 1,
    id,
    owner: ownerInId(id) ?? "",
    title: schedule?.definition.name ?? "Conversation whose title was lost",
    ...(schedule === undefined || isChatGate(schedule) ? {} : { scheduleId: schedule.id }),
    createdAt: first?.time ?? ports.clock.now(),
    // Too low only costs reads.
    segment: run === undefined || hasOwnConversation({ ...run, conversationId: id }) ? 0 : (schedule?.segment ?? 0),
  });
  return "again";
}

function firstRunIn(events: readonly LoggedEvent[]): RunReference | undefined {
  const run = events.flatMap((event) => ("run" in event ? [event.run] : []))[0];
  return run === undefined ? undefined : parseRunId(run);
}

/** What is damaged as well is set aside by whoever needs it. */
async function orNone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (damageIn(thrown) === undefined) throw thrown;
    return undefined;
  }
}
