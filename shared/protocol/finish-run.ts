import type { RunEnd } from "../runs/run-end.ts";
import { leaveToOthers, type SessionEnd } from "./run-session.ts";
import { append, type NewEvent, type Work } from "./run-work.ts";

/** Writes the end into the log; the record follows. Answers how the session ends, or undefined when the run goes on. */
export async function finish(work: Work, end: RunEnd): Promise<SessionEnd | undefined> {
  return (await append(work, endEvents(end))) ? undefined : leaveToOthers(work.session);
}

/** The end in the log, with the result of the call that asked for it: one append, so that no crash comes between them. */
export function endEvents({ outcome, reason, detail, quiet, answers }: RunEnd): readonly NewEvent[] {
  const finished: NewEvent = {
    type: "run_finished",
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    ...(quiet === undefined ? {} : { quiet }),
  };
  if (answers === undefined) return [finished];
  const { id: callId, name } = answers;
  const result: NewEvent = {
    type: "tool_result",
    callId,
    name,
    content: "The run ends.",
    isError: false,
    durationMs: 0,
  };
  return [result, finished];
}
