import { foldRun } from "../conversations/fold.ts";
import { allowedTools, missingTools } from "../runs/allowed-tools.ts";
import { chatSystemText, lastReportText, systemText } from "../runs/opening.ts";
import { nothingToReport } from "../runs/quiet.ts";
import { runId } from "../runs/run.ts";
import { describeSlot } from "../schedule/in-words.ts";
import type { Tool, Toolbox } from "../tools/toolbox.ts";
import { hasOwnConversation } from "./materialise.ts";
import { startedEvent } from "./pick-up.ts";
import type { RunSession } from "./run-session.ts";
import { eventOf, type NewEvent, type Work } from "./run-work.ts";

/** A first pick-up keeps its opening back until the first answer is there; a resumed one has fenced the log already. */
export function openRun(work: Work): void {
  const { session } = work;
  const { writer, reference, record } = session;
  const progress = foldRun(writer.events(), runId(reference));
  if (progress.isOpened || progress.finished !== undefined) return;
  const isFenced = progress.newestEpoch === record.value.epoch;
  const started = isFenced ? [] : [startedEvent(session)];
  const step = progress.nextStep + started.length;
  const opening = openingOf(work);
  work.unwritten = [...started, ...opening.map((event, index) => eventOf(session, event, step + index))];
}

/** Work that a Scheduler did itself needs no introduction: nobody here is to do it. */
function openingOf(work: Work): readonly NewEvent[] {
  const { record, schedule } = work.session;
  const { report } = record.value;
  if (report !== undefined) {
    const { status, content } = report;
    return [
      { type: "user", text: schedule.value.definition.prompt },
      { type: "work_reported", status, content },
    ];
  }
  return [
    { type: "system", text: introduction(work) },
    ...asked(work.session).map((said) => ({ type: "user" as const, text: said })),
  ];
}

function introduction({ session, tools }: Work): string {
  const { ports, record, schedule } = session;
  const { name, plan } = schedule.value.definition;
  const missing = missingTools(tools, schedule.value.definition);
  const about = { now: ports.clock.now(), tools: tools.map((tool) => tool.name), missing };
  const { kind, slot } = record.value;
  if (kind === "chat") return chatSystemText({ ...about, title: name });
  return systemText({ ...about, scheduleName: name, kind, slotInWords: describeSlot(slot, plan.timeZone).local });
}

/** What the run is asked; in a conversation of its own after what the schedule reported last. */
function asked({ record, schedule }: RunSession): readonly string[] {
  const { definition, lastReport } = schedule.value;
  if (record.value.kind === "chat") return [record.value.message ?? ""];
  if (lastReport === undefined || !hasOwnConversation(record.value)) return [definition.prompt];
  const slotInWords = describeSlot(lastReport.slot, definition.plan.timeZone).local;
  return [lastReportText({ ...lastReport, slotInWords }), definition.prompt];
}

/**
 * What the run may use. A run that nobody talks to may also end quietly, unless its schedule allows no tools at all:
 * some models refuse every request with a tool in it.
 */
export async function toolsOf(toolbox: Toolbox, { record, schedule }: RunSession): Promise<readonly Tool[]> {
  const { definition } = schedule.value;
  const tools = allowedTools(await toolbox.list(), definition);
  const mayEndQuietly = record.value.kind !== "chat" && definition.allowedTools?.length !== 0;
  return mayEndQuietly ? [...tools, nothingToReport] : tools;
}
