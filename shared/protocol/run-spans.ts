import type { RunProgress } from "../conversations/fold.ts";
import { toIso } from "../kernel/clock.ts";
import type { Span } from "../kernel/telemetry.ts";
import { type Run, runId } from "../runs/run.ts";
import type { TurnDecision } from "../runs/turn.ts";
import type { OpenRun, Schedule } from "../schedule/schedule.ts";
import type { Ports } from "./ports.ts";
import type { Work } from "./run-work.ts";

/** What one worker does for a run, and what its log lines say of whose it is. */
export function withinRunSpan<Result>(
  { telemetry }: Ports,
  run: Run,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const attributes = {
    ...runAttributes(run.scheduleId, run),
    "run.epoch": run.epoch + 1,
    "gen_ai.conversation.id": run.conversationId,
  };
  const log = { run: runId(run), schedule: run.scheduleId, owner: run.owner };
  return telemetry.span(
    "conversation.run",
    { kind: "consumer", attributes, log, operations: "run.storage_operations" },
    work,
  );
}

/** One call to the model, or the tool calls that follow it. Decisions that call nobody have no span. */
export function withinTurnSpan<Result>(
  { session }: Work,
  { turns }: RunProgress,
  { kind }: TurnDecision,
  work: () => Promise<Result>,
): Promise<Result> {
  if (kind !== "call_model" && kind !== "summarise" && kind !== "call_tools") return work();
  const attributes = { "run.turn": kind === "call_tools" ? turns : turns + 1, "run.turn_step": kind };
  return session.ports.telemetry.span("conversation.turn", { attributes }, work);
}

/** One slot that becomes a run: part of the trace of whoever asks for it, else the beginning of a trace. */
export function withinDispatchSpan<Result>(
  { telemetry }: Ports,
  run: OpenRun,
  { id, owner }: Schedule,
  isAsked: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  const options = { attributes: runAttributes(id, run), log: { schedule: id, owner }, isRoot: !isAsked };
  return telemetry.span("scheduler.dispatch", options, work);
}

const runAttributes = (schedule: string, { key, kind, slot }: Pick<Run, "key" | "kind" | "slot">) => ({
  "schedule.id": schedule,
  "run.id": runId({ scheduleId: schedule, key }),
  "run.kind": kind,
  "run.slot": toIso(slot),
});
