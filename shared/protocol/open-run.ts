import { foldRun } from "../conversations/fold.ts";
import { systemText } from "../runs/opening.ts";
import { runId } from "../runs/run.ts";
import { describeSlot } from "../schedule/in-words.ts";
import type { Tool, Toolbox } from "../tools/toolbox.ts";
import { startedEvent } from "./pick-up.ts";
import type { RunSession } from "./run-session.ts";
import { eventOf, type Work } from "./run-work.ts";

/** A first pick-up keeps its opening back until the first answer is there; a resumed one has fenced the log already. */
export function openRun(work: Work): void {
  const { session, tools } = work;
  const { ports, writer, reference, record, schedule } = session;
  const progress = foldRun(writer.events(), runId(reference));
  if (progress.isOpened || progress.finished !== undefined) return;
  const { definition } = schedule.value;
  const text = systemText({
    scheduleName: definition.name,
    kind: record.value.kind,
    slotInWords: describeSlot(record.value.slot, definition.plan.timeZone).local,
    now: ports.clock.now(),
    tools: tools.map(({ name }) => name),
  });
  const isFenced = progress.newestEpoch === record.value.epoch;
  const started = isFenced ? [] : [startedEvent(session)];
  const step = progress.nextStep + started.length;
  work.unwritten = [
    ...started,
    eventOf(session, { type: "system", text }, step),
    eventOf(session, { type: "user", text: definition.prompt }, step + 1),
  ];
}

/** Every read-only tool, or exactly those that the schedule allows. */
export async function allowedTools(toolbox: Toolbox, { schedule }: RunSession): Promise<readonly Tool[]> {
  const { allowedTools: allowed } = schedule.value.definition;
  const tools = await toolbox.list();
  return allowed === undefined
    ? tools.filter(({ readOnly }) => readOnly)
    : tools.filter(({ name }) => allowed.includes(name));
}
