import type { LoggedEvent } from "../conversations/events.ts";
import { foldRun } from "../conversations/fold.ts";
import { type Run, runId } from "../runs/run.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import { firstRecord, hasOwnConversation } from "./materialise.ts";
import type { Ports } from "./ports.ts";

/** Pick-ups that may have died before they wrote to the log: more than a run survives. */
const unseenEpochs = 16;

/**
 * The record of an open entry that has none. A run that was admitted may have been worked on before its record was
 * lost: the log tells what is done, and the epoch stands above all that the log and its writers know, so that none of
 * them can change the new record. No storage call for a run that was not admitted, else one for each segment since the
 * run began.
 */
export async function restoredRun(ports: Ports, schedule: Schedule, entry: OpenRun): Promise<Run> {
  const run = firstRecord(ports, schedule, entry);
  if (entry.state !== "active") return run;
  const { newestEpoch } = foldRun(await runEvents(ports, schedule, run), runId(run));
  return { ...run, epoch: newestEpoch + unseenEpochs };
}

/** What the log holds since the run began, and something before it. One storage call for each segment. */
export async function runEvents(ports: Ports, schedule: Schedule, run: Run): Promise<readonly LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let number = hasOwnConversation(run) ? 0 : schedule.segment; ; number++) {
    const segment = await ports.log.readSegment(run.conversationId, number);
    events.push(...(segment?.events ?? []));
    if (segment?.events.at(-1)?.type !== "sealed") return events;
  }
}
